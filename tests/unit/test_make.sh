#!/bin/sh
# What the Makefile promises: what it shows, what it builds anew, which compilers it takes, and that a
# server of one's own can be made of what it leaves. In a copy of what it needs. Prints TAP.
set -u
LC_ALL=C # what the programs say is looked at in English
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd) || exit 1
root=$here
while [ ! -f "$root/Makefile" ] || [ ! -d "$root/common" ]; do
    [ "$root" != / ] || { echo "Bail out! the repository is not above $here"; exit 1; }
    root=$(dirname "$root")
done
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$root" && tar cf - Makefile common lesson0* tests/*/*.mk tests/wscheck tests/memory) |
    tar xf - -C "$tmp" || exit 1
cd "$tmp" || exit 1
unset MAKEFLAGS MAKEOVERRIDES MAKELEVEL CC CPPFLAGS LDFLAGS SAN V
export CFLAGS=-O0 # it is soon built

make=${MAKE:-make}
pkg_config=$(pkg-config --cflags --libs libcrypto 2>/dev/null || echo -lcrypto)
count=0
failures=0

# build ARGUMENT...: calls make; what it says is in out.
build()
{
    "$make" "$@" >out 2>&1 || { echo "make $* fails" >>problems; cat out >>problems; }
}

# age: all files are of one age, so that what is written next is newer, whatever unit make counts in.
age()
{
    find . -type f -exec touch -t 200001010000 {} +
}

# want NUMBER PATTERN: so many lines of out match.
want()
{
    found=$(grep -c -- "$2" out)
    [ "$found" -eq "$1" ] || { echo "$found lines match $2, not $1"; cat out; } >>problems
}

# same FILE FILE
same()
{
    cmp "$1" "$2" >>problems 2>&1
}

# grade LESSON SERVER ID...: the server must pass these checks of the grader.
grade()
{
    lesson=$1
    server=$2
    shift 2
    for id in "$@"; do
        ./wscheck --lesson "$lesson" --only "$id" --server "$server" >out 2>&1 || cat out >>problems
    done
}

# report NAME: it holds if nothing was written to problems since the last report.
report()
{
    count=$((count + 1))
    if [ -s problems ]; then
        failures=$((failures + 1))
        echo "not ok $count - $1"
        sed 's/^/# /' problems
    else
        echo "ok $count - $1"
    fi
    : >problems
}

# skip NAME WHY
skip()
{
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}
: >problems
modules=$(find common lesson01_handshake -name '*.c' | wc -l)

# ------------------------------------------------------------------------------ what is shown

build lesson01
want "$modules" '^CC [a-z0-9_/]*\.c$'
want 1 '^AR build/plain/lesson01\.a$'
want 1 '^LD build/plain/lesson01$'
want $((modules + 2)) ''
report "a step is a word and a file"

age
build V=1 lesson01 CFLAGS='-O0 -DNEW'
want "$modules" '^cc .* -DNEW .* -c -o build/plain/.*\.o '
want 0 '^CC '
report "V=1 shows the commands"

build -s lesson01
want 0 ''
build -s lesson01 V=1 CFLAGS='-O0 -DNEW'
want 0 ''
report "make -s says nothing"

build check01 CHECK='--only accept-random'
[ "$(grep -c '^[A-Z][A-Z] ' out)" -le 25 ] || { echo "more than 25 lines before the report"; cat out; } >>problems
build check01 CHECK='--only accept-random'
want 0 '^[A-Z][A-Z] '
sed -n 1p out | grep -q '^wscheck: ' || { echo "the report is not the first line"; cat out; } >>problems
age
touch lesson01_handshake/server.c
build check01 CHECK='--only accept-random'
want 2 '^[A-Z][A-Z] '
sed -n 3p out | grep -q '^wscheck: ' || { echo "the report does not follow at once"; cat out; } >>problems
report "make check01 shows what a saved file needs, and the report"

# ------------------------------------------------------------------------------ what is built anew

age
build lesson01 CFLAGS='-O0 -g'
want "$modules" '^CC '
build lesson01 CFLAGS='-O0 -g'
want 0 ''
age
build lesson01 CFLAGS='-O0 -g' CPPFLAGS='-DQUOTED="\"a, (b)  c\"" -DPLAIN='"'d'"
want "$modules" '^CC '
build lesson01 CFLAGS='-O0 -g' CPPFLAGS='-DQUOTED="\"a, (b)  c\"" -DPLAIN='"'d'"
want 0 ''
age
build lesson01 CFLAGS='-O0 -g' LDFLAGS=-L.
want 1 '^LD '
report "other flags build all anew, the same flags nothing"

build lesson01
age
touch common/http.h
build lesson01
again=$(grep -c '^CC ' out)
if [ "$again" -le 1 ] || [ "$again" -ge "$modules" ]; then cat out >>problems; fi
report "a header builds anew what includes it, and no more"

# ------------------------------------------------------------------------------ compilers

mkdir bin
printf '#!/bin/sh\nexec "$@"\n' >bin/ccache
chmod +x bin/ccache

# compiles_with COMMAND FOLDER [PROGRAM]
compiles_with()
{
    command -v "${3:-$1}" >/dev/null || { skip "CC='$1' works" "${3:-$1} is not installed"; return; }
    PATH=$tmp/bin:$PATH build lesson01 CC="$1"
    same server "$2/lesson01"
    age
    touch common/options.h # is read from the .d files: their names must be right for make
    PATH=$tmp/bin:$PATH build lesson01 CC="$1"
    grep -q '^CC common/options.c' out || { echo "its dependencies are not known"; cat out; } >>problems
    report "CC='$1' works"
}
compiles_with 'ccache gcc' build/plain-ccache_gcc gcc
compiles_with 'gcc -DODD="b=c" -pipe' build/plain-gcc_-DODD__b_c__-pipe gcc
compiles_with "$(command -v clang || echo clang)" build/plain-clang
compiles_with "$(command -v cc)" build/plain

memory="SAN=memory builds a server whose every bit is known"
if ! command -v clang >/dev/null; then
    skip "$memory" "clang is not installed"
else
    build -s -j2 lesson03 wscheck SAN=memory CC=clang
    same server build/memory-clang/lesson03
    layout=
    ! setarch -R true 2>/dev/null || layout='setarch -R ' # some kernels place memory too randomly for it
    printf '#!/bin/sh\nexec %s./server "$@"\n' "$layout" >known
    chmod +x known
    build -s wscheck
    grade 3 ./known accept-random broadcast-20
    report "$memory"
fi

# ------------------------------------------------------------------------------ one ./server

build -s -j2 lesson01 lesson02 lesson03
for _ in 1 2 3 4 5 6 7 8 9 10; do
    build -s -j4 lesson02 lesson03
    same server build/plain/lesson03
    build -s -j4 lesson03 lesson01 lesson02
    same server build/plain/lesson02
done
report "of several lessons at once the last is ./server, with -j too"

./server --port 0 >listening 2>&1 &
pid=$!
build -s lesson01
kill "$pid"
wait "$pid" 2>/dev/null
same server build/plain/lesson01
report "a server may run while the next takes its place"

# ------------------------------------------------------------------------------ one's own

{
    echo '#include "server.h"'
    sed -n '/in twenty lines:/,/\*\//s/^ \*     //p' lesson02_frames/server.h
} >shout.c
rm -rf build
build -s lesson02
build -s wscheck
# shellcheck disable=SC2086
cc -std=c11 -D_DEFAULT_SOURCE -Icommon -Ilesson01_handshake -Ilesson02_frames -pthread -o shout shout.c \
    build/plain/lesson02.a $pkg_config >problems 2>&1
grade 2 ./shout encode-utf8 decode-row
report "the server in twenty lines is built with lesson02.a, and echoes"

for lesson in 02 03; do
    build -s "lesson$lesson"
    nm -P "build/plain/lesson$lesson.a" >out
    want 0 '^_*main T'
    want "$(grep -c '^_*listener_[a-z_]* T' out)" '^_*listener_[a-z_]* T'
    grep -q '^_*ws_frame_decode T' out || echo "lesson$lesson.a has no ws_frame_decode()" >>problems
    grep -q '^_*threads_run T' out || echo "lesson$lesson.a has no threads_run()" >>problems
done
report "a lesson's archive has what it and those before have made, without main()"

for file in lesson0*/challenges/?_*.c; do
    name=$(basename "$file" .c)
    [ "${name%%_*}" != f ] || pkg-config --exists hiredis || continue
    build "challenge-${name%%_*}"
    same server "build/plain/challenges/$name"
    rm -f "build/plain/challenges/$name"
    build V=1 "challenge-${name%%_*}"
    want 1 "-o build/plain/challenges/$name .* build/plain/${file%%_*}\.a"
done
build naive
same server build/plain/naive
report "a challenge stands on the lesson in whose folder it is"

# ------------------------------------------------------------------------------ the rest

"$make" -pqRr CC=cc >database 2>/dev/null
"$make" help | sed -n 's/^make \([a-z0-9-]*\).*/\1/p' | while read -r target; do
    grep -q "^$target:" database || echo "make help names $target, which is no target"
done >>problems
report "make help names what there is"

# In Chinese it has the same commands in the same order, each with words, in 100 columns of which a
# Chinese character takes two.
"$make" help >english
LC_ALL=zh_CN.UTF-8 "$make" help >chinese
for language in english chinese; do
    sed -n 's/^\(make [^ ]*\( [A-Z]*=n\)*\).*/\1/p' $language >$language.commands
    awk '{ one = $0; gsub(/[^ -~]/, "", one)
           if (length(one) + (length($0) - length(one)) * 2 / 3 > 100) print "too wide: " $0 }' $language
done >>problems
same english.commands chinese.commands
[ "$(wc -l <english)" -eq "$(wc -l <chinese)" ] || echo "a line has no Chinese beside it" >>problems
grep -v '^$' chinese | grep -v '[^ -~]' >>problems
grep '[^ -~]' english >>problems
for locale in 'LC_ALL=C LANG=zh_CN.UTF-8' 'LC_ALL= LC_MESSAGES=C LANG=zh_CN.UTF-8' 'LC_ALL= LC_MESSAGES= LANG='; do
    # shellcheck disable=SC2086
    env $locale "$make" help | cmp - english >>problems 2>&1
done
for locale in LC_ALL=zh 'LC_ALL= LC_MESSAGES=zh_TW LANG=C' 'LC_ALL= LC_MESSAGES= LANG=zh_CN.UTF-8'; do
    # shellcheck disable=SC2086
    env $locale "$make" help | cmp - chinese >>problems 2>&1
done
report "make help is in Chinese where the locale is"

"$make" -n watch02 >out 2>&1 &
watch=$!
seconds=0
while kill -0 "$watch" 2>/dev/null && [ "$seconds" -lt 10 ]; do
    sleep 1
    seconds=$((seconds + 1))
done
! kill "$watch" 2>/dev/null || echo "make -n watch02 has no end" >>problems
want 1 'make.* check02'
report "make -n watch02 shows what it would do, and ends"

build clean
for left in build server wscheck; do
    [ ! -e $left ] || echo "$left is left" >>problems
done
report "make clean leaves nothing"

echo "1..$count"
[ "$failures" -eq 0 ]
