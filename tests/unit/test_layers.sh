#!/bin/sh
# The layers hold: what may use what, what stays pure, who talks to the network, and the layout of
# the code. Prints TAP. The order of the modules is the Makefile's, and so is which of them are pure.
set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd) || exit 1
root=$here
while [ ! -f "$root/Makefile" ] || [ ! -d "$root/common" ]; do
    [ "$root" != / ] || { echo "Bail out! the repository is not above $here"; exit 1; }
    root=$(dirname "$root")
done
cd "$root" || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

count=0
failures=0

# report NAME FILE: it holds if there is nothing in the file; else each line says what is wrong.
report()
{
    count=$((count + 1))
    if [ -s "$2" ]; then
        failures=$((failures + 1))
        echo "not ok $count - $1"
        sed 's/^/# /' "$2"
    else
        echo "ok $count - $1"
    fi
}

# is_word WORD LIST
is_word()
{
    case " $2 " in
    *" $1 "*) return 0 ;;
    *) return 1 ;;
    esac
}

# The value of a variable in the Makefile, on one line there; $(PURE) is the only one inside another.
makefile_list()
{
    sed -n "s/^$1 *:= *//p" Makefile | sed "s/\$(PURE)/${pure-}/"
}

pure=$(makefile_list PURE)
order=$(makefile_list COMMON)
sources=$(find common lesson*_* -name '*.[ch]' | sort)
everything=$(find . \( -name build -o -name node_modules -o -name 'workbook*' -o -name '.?*' \) -prune \
    -o -name '*.[ch]' -print | sort)

# C without comments and without what is inside quotes, line by line as it was.
cat >"$tmp/strip.awk" <<'AWK'
{
    out = ""
    n = length($0)
    for (i = 1; i <= n; i++) {
        c = substr($0, i, 1)
        two = substr($0, i, 2)
        if (comment) {
            if (two == "*/") { comment = 0; i++; out = out " " }
        } else if (quote != "") {
            if (c == "\\") i++
            else if (c == quote) { quote = ""; out = out c }
        } else if (two == "/*") { comment = 1; i++
        } else if (two == "//") break
        else {
            if (c == "\"" || c == "'") quote = c
            out = out c
        }
    }
    quote = ""
    print out
}
AWK

# includes FILE KIND: the names in #include "..." or <...>
includes()
{
    if [ "$2" = quoted ]; then
        sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$1"
    else
        sed -n 's/^ *# *include *<\([^>]*\)>.*/\1/p' "$1"
    fi
}

# ---------------------------------------------------------------------------------------- modules

{
    for module in http handshake frame utf8 message; do
        is_word "$module" "$pure" || echo "the Makefile does not list $module as PURE"
    done
    case "$order" in
    "$pure "*) ;;
    *) echo "COMMON in the Makefile must begin with what is PURE" ;;
    esac
    for module in $order; do
        [ -f "common/$module.c" ] && [ -f "common/$module.h" ] ||
            echo "common/$module.c and .h must both be there"
    done
    for file in common/*.[ch]; do
        module=$(basename "$file" | sed 's/\.[ch]$//')
        is_word "$module" "$order" || echo "$file: $module has no place in the Makefile's COMMON"
    done
} >"$tmp/problems"
report "each module of common/ has its place in the order" "$tmp/problems"

before=
for module in $order; do
    before="$before $module"
    for file in "common/$module.c" "common/$module.h"; do
        for name in $(includes "$file" quoted); do
            is_word "${name%.h}" "$before" || echo "$file includes $name, which comes later"
        done
    done
done >"$tmp/problems"
report "a module includes only itself and those before it" "$tmp/problems"

for file in $(echo "$sources" | grep '^lesson'); do
    folder=$(dirname "$file")
    for name in $(includes "$file" quoted); do
        [ -f "common/$name" ] || [ -f "$folder/$name" ] || [ -f "$folder/${name%.h}.html" ] ||
            echo "$file includes $name, which is neither in common/ nor beside it"
    done
done >"$tmp/problems"
report "a lesson includes only common/ and its own files" "$tmp/problems"

# ------------------------------------------------------------------------------------------- pure

for module in $pure; do
    allowed="string.h stdint.h stdbool.h stddef.h stdarg.h stdio.h"
    [ "$module" != handshake ] || allowed="$allowed openssl/evp.h"
    for file in "common/$module.c" "common/$module.h"; do
        for name in $(includes "$file" system); do
            is_word "$name" "$allowed" || echo "$file includes <$name>"
        done
    done
done >"$tmp/problems"
report "pure modules include nothing that does more than compute" "$tmp/problems"

# The object that is in the servers, or the same made here if it is not there or too old.
object_of()
{
    object="build/plain/common/$1.o"
    if [ ! -f "$object" ] || [ -n "$(find common -name "*.[ch]" -newer "$object")" ]; then
        object="$tmp/$1.o"
        # shellcheck disable=SC2046
        ${CC:-cc} -std=c11 -D_DEFAULT_SOURCE -Icommon $(pkg-config --cflags libcrypto 2>/dev/null) \
            -O2 -c -o "$object" "common/$1.c" || return 1
    fi
    echo "$object"
}

# symbols OBJECT: type and name of each; the underscore that some systems add is taken off.
symbols()
{
    underscore=
    [ "$(uname -s)" != Darwin ] || underscore=_
    nm -P "$1" | sed "s/^$underscore\([^ ]*\) \([^ ]\).*/\2 \1/"
}

compute="memcpy memchr memcmp bcmp memmove memset strlen strchr strcmp strncmp snprintf vsnprintf"
fortified=
for name in $compute; do
    fortified="$fortified __${name}_chk"
done
compiler="__stack_chk_fail __stack_chk_guard __stack_chk_fail_local _GLOBAL_OFFSET_TABLE_"

known="$compute $fortified $compiler"
: >"$tmp/state"
for module in $pure; do
    object=$(object_of "$module") || { echo "common/$module.c does not compile"; continue; }
    symbols "$object" >"$tmp/symbols"
    [ -s "$tmp/symbols" ] || echo "$object: nm finds nothing"
    while read -r type name; do
        case "$type$name" in
        [TtRrDdVvW]*) known="$known $name" ;;
        UEVP_*) [ "$module" = handshake ] || echo "common/$module.c uses $name" ;;
        U*) is_word "$name" "$known" || echo "common/$module.c uses $name" ;;
        [BbC]*) echo "common/$module.c keeps $name from one call to the next" >>"$tmp/state" ;;
        esac
    done <"$tmp/symbols"
done >"$tmp/problems"
report "pure modules call only each other, downwards, and what computes" "$tmp/problems"
report "pure modules keep nothing from one call to the next" "$tmp/state"

# ---------------------------------------------------------------------------------------- network

# calls FILE NAMES: where the file calls one of the functions of these names
calls()
{
    awk -f "$tmp/strip.awk" "$1" |
        grep -nE "(^|[^A-Za-z0-9_.>])($(echo "$2" | tr ' ' '|')) *\(" | sed "s|^|$1:|"
}

sockets="socket socketpair bind listen accept accept4 connect shutdown setsockopt getsockopt \
send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg getsockname getpeername getaddrinfo"
for file in $sources; do
    [ "$file" = common/net.c ] || calls "$file" "$sockets"
done >"$tmp/problems"
[ -n "$(calls common/net.c "$sockets")" ] || echo "none found in common/net.c" >>"$tmp/problems"
report "only common/net.c calls socket functions" "$tmp/problems"

# The others that have descriptors have them for themselves: the log stderr, the server and the room
# a pipe to be woken by.
for file in $sources; do
    case $file in
    common/net.c | common/server.c | lesson03_broadcast/room.c) ;;
    common/log.c) calls "$file" "read readv writev open close pipe fcntl poll select" ;;
    *) calls "$file" "read readv write writev open close pipe fcntl poll select" ;;
    esac
done >"$tmp/problems"
report "descriptors are read, written and closed in few places" "$tmp/problems"

# ----------------------------------------------------------------------------------------- layout

# At file level, a brace behind a parenthesis opens a function.
cat >"$tmp/braces.awk" <<'AWK'
/^ *#/ || macro { macro = /\\$/; next }
{
    n = length($0)
    for (i = 1; i <= n; i++) {
        c = substr($0, i, 1)
        if (c == "{") {
            if (depth == 0 && last == ")") {
                functions++
                if ($0 !~ /^{ *$/)
                    print file ":" NR ": the brace that opens a function stands at column 0, alone"
            }
            depth++
        } else if (c == "}")
            depth--
        if (c != " " && c != "\t") last = c
    }
}
END {
    if (depth != 0) print file ": braces do not match"
    if (file ~ /^\.\/(common|lesson).*\.c$/ && functions == 0) print file ": no function found"
}
AWK
for file in $everything; do
    awk -f "$tmp/strip.awk" "$file" | awk -v file="$file" -f "$tmp/braces.awk"
done >"$tmp/problems"
report "a function's opening brace stands at column 0" "$tmp/problems"

if command -v clang-format >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    clang-format --dry-run -Werror $everything >"$tmp/format" 2>&1
    grep ': error: ' "$tmp/format" >"$tmp/problems"
    [ -s "$tmp/problems" ] || [ ! -s "$tmp/format" ] || cp "$tmp/format" "$tmp/problems"
    report "the code is laid out as .clang-format says" "$tmp/problems"
else
    count=$((count + 1))
    echo "ok $count - the code is laid out as .clang-format says # SKIP clang-format is missing"
fi

echo "1..$count"
[ "$failures" -eq 0 ]
