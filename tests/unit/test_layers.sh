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

# in_folder FOLDER MODULES: each of them with its folder
in_folder()
{
    for module in $2; do
        echo "$1/$module"
    done
}

pure=$(makefile_list PURE)
common=$(makefile_list COMMON)
folders="common $(makefile_list lesson01) $(makefile_list lesson02) $(makefile_list lesson03)"
order=$({
    in_folder common "$common"
    for number in 01 02 03; do
        in_folder "$(makefile_list "lesson$number")" "$(makefile_list "LESSON$number")"
    done
} | tr '\n' ' ')
# The rules of silence only compute, too; they are lesson 2's.
all_pure="$(in_folder common "$pure") lesson02_frames/keepalive lesson03_broadcast/pace"

# What is written from a blank file is a whole server by itself, and may do anything but include.
sources=$(find common lesson*_* -name blank -prune -o -name '*.[ch]' -print | sort)
from_blank=$(find lesson*_* -path '*/blank/*.[ch]' | sort)
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

# calls FILE NAMES: where the file calls one of the functions of these names
calls()
{
    awk -f "$tmp/strip.awk" "$1" |
        grep -nE "(^|[^A-Za-z0-9_.>])($(echo "$2" | tr ' ' '|')) *\(" | sed "s|^|$1:|"
}

# ---------------------------------------------------------------------------------------- modules

# What has main() comes last in its folder, and no module is made of it.
is_program()
{
    case $1 in
    common/*) return 1 ;;
    */server.c | */naive.c | */challenges/*) return 0 ;;
    *) return 1 ;;
    esac
}

{
    for module in http handshake frame utf8 utf8_blocks message; do
        is_word "$module" "$pure" || echo "the Makefile does not list $module as PURE"
    done
    case "$common" in
    "$pure "*) ;;
    *) echo "COMMON in the Makefile must begin with what is PURE" ;;
    esac
    for folder in $folders; do
        case $order in
        *"$folder/"*) ;;
        *) echo "the Makefile lists nothing of $folder" ;;
        esac
    done
    for module in $order; do
        if [ "$module" = lesson02_frames/process ] || [ "$module" = lesson02_frames/threads ]; then
            header=lesson02_frames/server.h # of both, for whoever writes a server
        else
            header=$module.h
        fi
        [ -f "$module.c" ] && [ -f "$header" ] || echo "$module.c and $header must both be there"
    done
    for file in $sources; do
        is_program "$file" || [ "$file" = lesson02_frames/server.h ] || is_word "${file%.[ch]}" "$order" ||
            echo "$file has no place in the Makefile's order"
    done
} >"$tmp/problems"
report "each module has its place in the order" "$tmp/problems"

# find_header NAME FOLDERS: the header of that name in one of these folders, without its .h
find_header()
{
    for folder in $2; do
        [ ! -f "$folder/$1" ] || echo "$folder/${1%.h}"
    done
}

# comes_before HEADER MODULE MODULES: is it the module's own, or one of those before it? server.h is no
# module; it comes behind all that it includes.
comes_before()
{
    if [ "$1" = lesson02_frames/server ]; then
        for below in $(includes "$1.h" quoted); do
            is_word "$(find_header "$below" "$folders")" "$3" || return 1
        done
    else
        is_word "$1" "$2 $3"
    fi
}

before=
for module in $order; do
    for file in "$module.c" "$module.h"; do
        [ -f "$file" ] || continue
        for name in $(includes "$file" quoted); do
            comes_before "$(find_header "$name" "$folders")" "$module" "$before" ||
                echo "$file includes $name, which does not come before"
        done
    done
    before="$before $module"
done >"$tmp/problems"
report "a module includes only itself and those before it" "$tmp/problems"

# A program may use all of its folder, and of those before. Its page is made from the .html beside it.
upto=
for folder in $folders; do
    upto="$upto $folder"
    for file in $(echo "$sources" | grep "^$folder/"); do
        for name in $(includes "$file" quoted); do
            page=${name%.h}.html
            [ -n "$(find_header "$name" "$upto")" ] || [ -f "$(dirname "$file")/$page" ] ||
                [ -f "lesson02_frames/$page" ] || [ -f "lesson02_frames/challenges/$page" ] ||
                echo "$file includes $name, which is not in$upto"
        done
    done
done >"$tmp/problems"
for file in $from_blank; do
    for name in $(includes "$file" quoted); do
        echo "$file includes $name, and is not from a blank file any more"
    done
done >>"$tmp/problems"
report "a folder uses only itself and those before it" "$tmp/problems"

# The comments, too: whoever reads common/ need not know what it is used for.
grep -niE 'pthread|lesson' common/*.[ch] >"$tmp/problems"
report "common/ knows neither lesson nor thread" "$tmp/problems"

# ------------------------------------------------------------------------------------------- pure

for module in $all_pure; do
    allowed="string.h stdint.h stdbool.h stddef.h stdarg.h stdio.h"
    [ "$module" != common/handshake ] || allowed="$allowed openssl/evp.h"
    for file in "$module.c" "$module.h"; do
        for name in $(includes "$file" system); do
            is_word "$name" "$allowed" || echo "$file includes <$name>"
        done
    done
done >"$tmp/problems"
report "pure modules include nothing that does more than compute" "$tmp/problems"

# The object that is in the servers, or the same made here if it is not there or too old.
object_of()
{
    object="build/plain/$1.o"
    # shellcheck disable=SC2086
    if [ ! -f "$object" ] || [ -n "$(find $folders -name "*.[ch]" -newer "$object")" ]; then
        object="$tmp/$(basename "$1").o"
        # shellcheck disable=SC2046,SC2086
        ${CC:-cc} -std=c11 -D_DEFAULT_SOURCE $(printf -- '-I%s ' $folders) \
            $(pkg-config --cflags libcrypto 2>/dev/null) -O2 -c -o "$object" "$1.c" || return 1
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
for module in $all_pure; do
    object=$(object_of "$module") || { echo "$module.c does not compile"; continue; }
    symbols "$object" >"$tmp/symbols"
    [ -s "$tmp/symbols" ] || echo "$object: nm finds nothing"
    while read -r type name; do
        case "$type$name" in
        [TtRrDdVvW]*) known="$known $name" ;;
        UEVP_*) [ "$module" = common/handshake ] || echo "$module.c uses $name" ;;
        U*) is_word "$name" "$known" || echo "$module.c uses $name" ;;
        [BbC]*) echo "$module.c keeps $name from one call to the next" >>"$tmp/state" ;;
        esac
    done <"$tmp/symbols"
done >"$tmp/problems"
report "pure modules call only each other, downwards, and what computes" "$tmp/problems"
report "pure modules keep nothing from one call to the next" "$tmp/state"

# What a header lets a module call, it may yet not call: server.h has functions of the last ones.
for module in $order; do
    object=$(object_of "$module") || { echo "$module.c does not compile" >&2; continue; }
    symbols "$object" | sed "s|^|$module |"
done >"$tmp/symbols" 2>"$tmp/problems"
awk '
    { if (!($1 in place)) place[$1] = ++modules }
    $2 ~ /[TDRBC]/ { owner[$3] = $1 }
    $2 == "U" { user[++uses] = $1; used[uses] = $3 }
    END {
        if (modules == 0) print "nm finds nothing"
        for (i = 1; i <= uses; i++)
            if (used[i] in owner && place[owner[used[i]]] > place[user[i]])
                print user[i] ".c uses " used[i] "(), which is in " owner[used[i]] ".c"
    }' "$tmp/symbols" >>"$tmp/problems"
report "a module calls only those before it" "$tmp/problems"

# ---------------------------------------------------------------------------------------- network

# Sockets come to be in listener.c, and the one that leads to the server itself in loopback.c; all that
# is done with them then is in net.c.
births="socket bind listen accept getsockname getaddrinfo"
life="shutdown send sendmsg recv getsockopt"
others="socketpair accept4 connect sendto sendmmsg recvfrom recvmsg recvmmsg getpeername"
for file in $sources; do
    case $file in
    lesson01_handshake/listener.c) calls "$file" "$life getsockopt $others" ;;
    common/net.c) calls "$file" "$births $others" ;;
    lesson02_frames/loopback.c) calls "$file" "bind listen accept getaddrinfo $life getsockopt sendto recvfrom" ;;
    *) calls "$file" "$births $life setsockopt getsockopt $others" ;;
    esac
done >"$tmp/problems"
for name in $births setsockopt; do
    [ -n "$(calls lesson01_handshake/listener.c "$name")" ] || echo "listener.c has no $name()"
done >>"$tmp/problems"
for name in $life setsockopt; do
    [ -n "$(calls common/net.c "$name")" ] || echo "net.c has no $name()"
done >>"$tmp/problems"
report "only listener.c, loopback.c and net.c call socket functions" "$tmp/problems"

# The others that have descriptors have them for themselves: the log the first three; process.c the
# pipe that says "stop"; admission.c a spare one, and a pipe to those who are refused; delivery.c and
# own.c one to wake a thread; tracefile.c the file.
own="read write open close pipe fcntl"
never="readv writev select dup dup2 pread pwrite lseek"
for file in $sources; do
    case $file in
    common/net.c) calls "$file" "read write open pipe fcntl $never" ;;
    common/log.c) calls "$file" "read pipe fcntl poll $never" ;;
    lesson01_handshake/listener.c) calls "$file" "read write open pipe $never" ;;
    lesson01_handshake/tracefile.c) calls "$file" "read close pipe poll $never" ;;
    lesson02_frames/loopback.c) calls "$file" "read write open pipe poll $never" ;;
    lesson02_frames/process.c) calls "$file" "read write open poll $never" ;;
    lesson02_frames/admission.c) calls "$file" "poll $never" ;;
    lesson02_frames/own.c | lesson03_broadcast/delivery.c) calls "$file" "open poll $never" ;;
    *) calls "$file" "$own poll $never" ;;
    esac
done >"$tmp/problems"
report "descriptors are read, written and closed in few places" "$tmp/problems"

# ------------------------------------------------------------------------------------------ locks

# What ends in _locked is called with the lock held, and leaves it held. All lock and unlock in the
# order of the lines, so that this can be followed from top to bottom. With `waits`, a function of that
# name is called with no lock held; pthread_cond_wait(), which lets go of it, with one.
cat >"$tmp/locks.awk" <<'AWK'
function say(what) { print file ":" NR ": " name "() " what }
/^ *#/ { next }
/^[A-Za-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^{ *$/ { inside = 1; endless = 0; held = at_first = (name ~ /_locked$/) }
/for \(;;\)/ { endless = 1 }
/^} *$/ {
    if (held != at_first && !endless) say(at_first ? "does not leave the lock held" : "keeps a lock")
    inside = 0
}
inside {
    rest = $0
    while (match(rest, /[A-Za-z_0-9]+ *\(/)) {
        called = substr(rest, RSTART, RLENGTH)
        sub(/ *\($/, "", called)
        rest = substr(rest, RSTART + RLENGTH)
        if (called == "pthread_mutex_lock") {
            if (held++) say("locks twice")
        } else if (called == "pthread_mutex_unlock") {
            if (held-- != 1) say("unlocks what it does not hold")
        } else if (called ~ /_locked$/ || called ~ /^pthread_cond_(timed)?wait$/) {
            if (!held) say("calls " called "() without the lock")
        } else if (held && called ~ ("^(" waits ")$"))
            say("may wait in " called "() with a lock held")
    }
}
AWK
# naive.c shows what comes of it.
waits="net_(send_all|wait.*|receive|drain|pause)|poll|log_(line|client|block)|read|recv|send|nanosleep|pthread_join"
for file in $sources; do
    case $file in
    */naive.c) awk -f "$tmp/strip.awk" "$file" | awk -v file="$file" -v waits=none -f "$tmp/locks.awk" ;;
    *) awk -f "$tmp/strip.awk" "$file" | awk -v file="$file" -v waits="$waits" -f "$tmp/locks.awk" ;;
    esac
done >"$tmp/problems"
report "_locked functions have the lock, and nobody waits with one" "$tmp/problems"

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
