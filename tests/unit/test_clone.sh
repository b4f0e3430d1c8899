#!/bin/sh
# What a clone with core.autocrlf=true holds, as Git for Windows makes it: LF at the end of each line, and a
# tree that builds. The clone is of the tree as it is now, committed or not. Prints TAP.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
root=$here
while [ ! -f "$root/Makefile" ] || [ ! -d "$root/common" ]; do
    [ "$root" != / ] || { echo "Bail out! the repository is not above $here"; exit 1; }
    root=$(dirname "$root")
done
echo 1..2
command -v git >/dev/null || { echo "ok 1 # SKIP git is not installed"; echo "ok 2 # SKIP git is not installed"; exit 0; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MAKEOVERRIDES MAKELEVEL CC CPPFLAGS LDFLAGS SAN V GIT_DIR GIT_WORK_TREE
export CFLAGS=-O0 # it is soon built

# report NUMBER NAME: what was written to problems since the last one decides.
report()
{
    if [ -s "$tmp/problems" ]; then
        echo "not ok $1 - $2"
        sed 's/^/# /' "$tmp/problems"
        status=1
    else
        echo "ok $1 - $2"
    fi
    : >"$tmp/problems"
}

status=0
mkdir "$tmp/tree"
(cd "$root" && tar cf - --exclude=./.git --exclude=./build --exclude=./tests/node_modules .) |
    tar xf - -C "$tmp/tree" || exit 1
{
    cd "$tmp/tree" && git init -q && git -c core.autocrlf=false add -A &&
        git -c user.name=a -c user.email=a@localhost commit -qm "as it is" &&
        git clone -q -c core.autocrlf=true "$tmp/tree" "$tmp/clone"
} >"$tmp/problems" 2>&1 || exit 1
: >"$tmp/problems"

# What an index has with CRLF are inputs of tests, of which each byte counts: they must stay so, too.
cd "$tmp/clone" || exit 1
git ls-files --eol | awk '{ sub("^i/", "", $1); sub("^w/", "", $2) } $1 != $2' >"$tmp/problems"
report 1 "the lines of a clone end as they do here"

{ "${MAKE:-make}" -s lesson01 && ./server --version && "${MAKE:-make}" -s workbook; } >out 2>&1 || cat out >"$tmp/problems"
report 2 "it builds, and makes a workbook"
exit $status
