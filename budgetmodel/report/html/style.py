"""The style sheet of the report: for screen and paper, light and dark, phone and desktop."""

from __future__ import annotations

from budgetmodel.report.html.tables import CHOICES
from budgetmodel.report.pictures.colours import DARK, LIGHT, variables

RULES = """
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:var(--ink);background:var(--paper);
-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;overflow-wrap:break-word}
.skip{position:absolute;left:-999em;top:0;background:var(--paper);color:var(--link);padding:.5rem 1rem;z-index:2}
.skip:focus{left:.5rem}
header{background:var(--brand);color:var(--on-brand)}
.inner{max-width:66rem;margin:0 auto;padding:1rem}
header h1{font-size:1.6rem;line-height:1.25;margin:0 0 .35rem}
header p{margin:.2rem 0}
h2{font-size:1.35rem;line-height:1.3;margin:2.2rem 0 .5rem;padding-top:.6rem;border-top:3px solid var(--link)}
h3{font-size:1.08rem;margin:1.5rem 0 .3rem}
p,figcaption,li{max-width:46rem}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;box-shadow:0 0 0 2px var(--ink)}
nav{background:var(--panel);border:1px solid var(--line);padding:0 1rem 1rem;margin-top:2rem}nav h2{margin-top:.8rem}
nav ol{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1rem}
nav a{display:inline-block;padding:.3rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.7rem;margin:1rem 0;padding:0;
list-style:none}
.cards li{background:var(--panel);border-left:4px solid var(--link);padding:.7rem .9rem}
.cards b{display:block;font-size:1.5rem;line-height:1.25}
.cards span{display:block;color:var(--soft);font-size:.92rem}
.lead{font-size:1.1rem}
#decision .lead{font-size:1.3rem;line-height:1.4;font-weight:600;max-width:60rem}
.parts{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:.2rem 2rem}
.parts h3{margin:.9rem 0 .2rem;color:var(--link)}
.parts ul{margin:0;padding-left:1.1rem}
.parts li{margin:.15rem 0;font-size:.95rem}
.warn{border-left:4px solid var(--bad);background:var(--panel);padding:.6rem .9rem}
.good{color:var(--good);font-weight:700}
.bad{color:var(--bad);font-weight:700}
.note{color:var(--soft);font-size:.92rem}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1rem;margin:.8rem 0}
dt{font-weight:700}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
.wide{overflow-x:auto;max-width:100%;margin:.6rem 0}
table{border-collapse:collapse;font-size:.92rem;min-width:100%}
caption{text-align:left;font-weight:700;padding:.3rem 0}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{background:var(--brand);color:var(--on-brand);vertical-align:bottom}
tbody th{font-weight:600;min-width:8rem}
.figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .figure{white-space:normal}
.total th,.total td{background:var(--total);font-weight:700}
.words{min-width:14rem}
details{margin:.5rem 0;border:1px solid var(--line);border-radius:3px}
summary{cursor:pointer;padding:.5rem .8rem;background:var(--panel);font-weight:600}
details>:not(summary){margin-left:.8rem;margin-right:.8rem}
details>.wide{margin:.6rem .8rem}
figure{margin:1rem 0}
figure .wide{border:1px solid var(--line)}
figcaption{color:var(--soft);font-size:.95rem;margin:.3rem 0}
svg{display:block;font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.flow svg{min-width:60rem;width:100%;height:auto}
.bars svg{min-width:40rem;width:45rem;max-width:none;height:auto}
svg text{fill:var(--ink)}
svg .label,svg .amount{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-opacity:.7;stroke-linejoin:round}
svg .amount{fill:var(--ink);font-variant-numeric:tabular-nums}
svg .label .amount{fill:var(--soft)}
svg .heading,svg .tick{fill:var(--soft)}
svg .heading{font-weight:700}
.band{fill-opacity:.42;stroke-opacity:.42;stroke-width:.4}
.band:hover{fill-opacity:.75}
.axis{stroke:var(--ink);stroke-width:1.2}
.grid{stroke:var(--line);stroke-width:1}
.joined{stroke:var(--money);stroke-width:2}
.after{fill:var(--tone-2);stroke:var(--tone-2)}
.before{fill:var(--paper);stroke:var(--ink);stroke-width:1.8}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.4rem 0}
.key svg{display:inline-block;vertical-align:-2px;margin-right:.35rem}
.choose>input{position:absolute;opacity:0}
.choose>label{display:inline-block;padding:.3rem .7rem;margin:0 .3rem .3rem 0;border:1px solid var(--link);
border-radius:3px;color:var(--link);cursor:pointer}
.choose>input:checked+label{background:var(--brand);color:var(--on-brand);font-weight:700}
.choose>input:focus-visible+label{outline:3px solid var(--focus);outline-offset:2px;box-shadow:0 0 0 2px var(--ink)}
footer{border-top:1px solid var(--line);margin-top:2rem;color:var(--soft)}
@media (max-width:40rem){header h1{font-size:1.3rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
.cards b{font-size:1.3rem}th,td{padding:.25rem .4rem}tbody th{min-width:5.5rem;max-width:9rem;position:sticky;left:0;
background:var(--paper)}.total th{background:var(--total)}.words{min-width:11rem}}
@media print{@page{size:A4;margin:14mm}html{font-size:11px}nav,.skip{display:none}
header,thead th{background:none;color:#000;border-bottom:2px solid #000}
.wide{overflow:visible}table{font-size:9px}thead{display:table-header-group}tr,svg,.cards li{break-inside:avoid}
h2,h3,summary,caption,.key{break-after:avoid}h2+*,h3+*,h2+p+*{break-before:avoid}
p,li,figcaption{orphans:3;widows:3}.choose>input,.choose>label,.choose>.note{display:none}
#places details::details-content{content-visibility:visible;block-size:auto}
.flow svg,.bars svg{min-width:0;width:100%;max-width:100%}
#decision{break-after:page}header .inner{padding:0 0 2mm}header p{display:inline;margin-right:4mm}
header h1{font-size:17px}
#decision h2{margin:1mm 0;padding-top:1mm;font-size:13px}#decision .lead{font-size:13.5px;margin:1.5mm 0;max-width:none}
#decision .cards{grid-template-columns:repeat(4,1fr);margin:1mm 0;gap:2mm}#decision .cards b{font-size:14px}
#decision .cards li{padding:1mm 1.5mm}#decision .cards span{font-size:8.5px;line-height:1.3}
#decision .note{font-size:8.5px;max-width:none;margin:1mm 0}#decision th,#decision td{padding:.5mm 1.5mm}
#decision .wide{margin:1mm 0}.parts{grid-template-columns:repeat(3,1fr);gap:0 5mm}
.parts li{font-size:8.8px;line-height:1.35}
.parts h3{font-size:10.5px;margin:1.5mm 0 .3mm}main.inner{padding:0}
#charts h3{font-size:12px;margin:2mm 0 0}#charts figure{margin:2mm 0}#charts .note{font-size:9px;margin:0 0 1mm}
#charts svg{width:100%;height:auto;max-height:78mm}
a{color:inherit;text-decoration:none}details{border:0}summary{background:none;padding-left:0}
details>:not(summary),details>.wide{margin-left:0;margin-right:0}}
"""

FILLS = "".join(
    f"svg .{name}{{fill:var(--{name});stroke:var(--{name})}}"
    for name in ("money", "cost", "more", "less", "tone-1", "tone-2", "tone-3", "tone-4")
)

CHOSEN = "".join(
    (
        ".choose>input~.choice{display:none}",
        *(
            f".choose>input:nth-of-type({n}):checked~.choice:nth-of-type({n}){{display:block}}"
            for n in range(1, CHOICES + 1)
        ),
        f".choose>.choice:nth-of-type({CHOICES})~.choice{{display:block}}",
    )
)
"""Of the contents among which a reader chooses, the chosen one, and those beyond the buttons."""


def style_sheet() -> str:
    """The whole style sheet. Paper is always light."""
    light, dark = variables(LIGHT), variables(DARK)
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"{FILLS}{RULES}{CHOSEN}"
    )
