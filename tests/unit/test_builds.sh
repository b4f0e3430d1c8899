#!/bin/sh
# The three servers build without a single warning, with gcc and with clang, plain and with each
# sanitizer. Prints TAP.
set -u
variants='- address undefined thread'
compilers='gcc clang'
n=0
echo "1..8"
for cc in $compilers; do
    for san in $variants; do
        n=$((n + 1))
        [ "$san" = - ] && san=
        what="$cc${san:+ -fsanitize=$san} has nothing to say"
        command -v "$cc" >/dev/null || { echo "ok $n - $what # SKIP $cc is not installed"; continue; }
        if out=$(make -s programs CC="$cc" SAN="$san" CFLAGS='-O2 -Werror' \
                      BUILD="build/werror/$cc$san" 2>&1); then
            echo "ok $n - $what"
        else
            echo "not ok $n - $what"
            echo "$out" | sed 's/^/# /'
        fi
    done
done
