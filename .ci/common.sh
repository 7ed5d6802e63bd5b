# What the scripts of this folder share; they source it, after "set -euo pipefail".

root=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }

# closing LOG: the last line of a pytest run without its rule of equal signs.
closing() { tail -n 1 "$1" | sed 's/^=* *//; s/ *=*$//'; }

# Nothing of an environment that happens to be active may help.
if [ -n "${VIRTUAL_ENV:-}" ]; then
    PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vxF "$VIRTUAL_ENV/bin" | paste -sd: -)
fi
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH CONDA_PREFIX

# supports PYTHON CONDITION: whether PYTHON runs, can make environments and meets a condition on its version v.
supports() {
    "$1" -c "import sys, venv, ensurepip; v = sys.version_info[:2]; sys.exit(not (v >= (3, 11) and $2))" \
        >/dev/null 2>&1
}

# find_python CONDITION: the first Python of this machine that meets it, or nothing.
find_python() {
    local python
    for python in python3 python3.12 python3.13 python3.14 python3.11 "$HOME"/.pyenv/versions/3.1[1-4]*/bin/python; do
        if supports "$python" "$1"; then
            printf '%s' "$python"
            return
        fi
    done
}

# clone FOLDER: a clean copy of HEAD. The folder names hold spaces because users' folders do.
clone() {
    git clone --quiet --no-local "$root" "$1"
    git -C "$1" checkout --quiet --detach "$(git -C "$root" rev-parse HEAD)"
}
