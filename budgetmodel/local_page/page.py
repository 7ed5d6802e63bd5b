"""The page and its script: a place to drop a workbook onto, and the state below, which the server writes as HTML."""

from __future__ import annotations

from urllib.parse import quote

from budgetmodel.excel.read.guard import FILE_LIMIT
from budgetmodel.live_page.document import document
from budgetmodel.live_page.parts import shown
from budgetmodel.live_page.state import State
from budgetmodel.report.markup import Markup, element

STYLE = """
.drop{border:3px dashed var(--link);background:var(--panel);padding:1.6rem 1rem;margin:1.2rem 0;text-align:center}
.drop.over{background:var(--total)}
.drop label{display:block;font-size:1.1rem;font-weight:700;margin:0 auto .5rem;max-width:46rem}
.drop input{max-width:100%;font:inherit}.drop p{margin:.6rem auto 0}
button{font:inherit;padding:.35rem .9rem;margin-top:2rem}
"""

SCRIPT = (
    f"""
"use strict";
const LIMIT={FILE_LIMIT};"""
    + """
const at=id=>document.getElementById(id),zone=at("zone"),file=at("file"),said=at("said"),state=at("state");
let known="",ended=false;
const gone="The window of budgetmodel is closed: this page shows what was last known.";
async function send(one){
if(one.size>LIMIT){
said.textContent="A workbook has at most "+LIMIT/1048576+" MB: clear unused rows and pictures.";return;}
said.textContent="Sending "+one.name+" to this computer's budgetmodel.";
try{const r=await fetch("workbook",{method:"POST",body:one,
headers:{"X-Budgetmodel":"1","X-Name":encodeURIComponent(one.name)}});
said.textContent=await r.text();}catch(e){said.textContent=gone;}
look();}
async function look(){
if(ended)return;
try{const r=await fetch("state");if(!r.ok)throw r;
const text=await r.text();
if(text!==known){
const open=[...state.querySelectorAll("details")].map(d=>d.open);
state.innerHTML=text;known=text;said.textContent="";
[...state.querySelectorAll("details")].forEach((d,i)=>{d.open=!!open[i];});}
if(said.textContent===gone)said.textContent="";
}catch(e){said.textContent=gone;}}
file.addEventListener("change",()=>{if(file.files.length){send(file.files[0]);file.value="";}});
for(const kind of ["dragover","dragleave","drop"])document.addEventListener(kind,e=>{
e.preventDefault();zone.classList.toggle("over",kind==="dragover");
if(kind==="drop"&&e.dataTransfer.files.length)send(e.dataTransfer.files[0]);});
at("close").addEventListener("click",async()=>{
try{await fetch("close",{method:"POST",headers:{"X-Budgetmodel":"1"}});}catch(e){}
ended=true;said.textContent="Closed. Nothing was kept; this tab may be closed, too.";});
setInterval(look,800);look();
"""
)
"""No address but the page's own is asked, and nothing is shown as HTML but what the server has escaped."""


def page() -> str:
    """The page; everything else comes as its state."""
    zone = element(
        "div",
        element("label", "Drop your workbook here, or choose it", for_="file"),
        element("input", id="file", type="file", accept=".xlsx"),
        element("p", "It is checked and solved on this computer. Nothing leaves it.", class_="note"),
        id="zone",
        class_="drop",
    )
    content = (
        zone,
        element("p", id="said", role="status", aria_live="polite"),
        element("div", id="state"),
        element("button", "Close: forget everything", id="close", type="button"),
    )
    lead = "Drop a workbook, see its problems or its answers, and download the results."
    return document("budgetmodel on this computer", lead, content, script=SCRIPT, style=STYLE)


def state_html(state: State | None, number: int) -> str:
    """The state below the place to drop onto."""
    if state is None:
        return ""
    return str(
        element(
            "section", element("h2", state.workbook), shown(state, lambda name: Markup(f"files/{number}/{quote(name)}"))
        )
    )
