# say.sh - for scripts that speak to a student; to be sourced
#
# chinese is 1 in a Chinese locale, else 0: the first of LC_ALL, LC_MESSAGES and LANG that is set says so.

# shellcheck shell=sh disable=SC2034
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
zh*) chinese=1 ;;
*) chinese=0 ;;
esac

# say ENGLISH CHINESE
say() {
    shift $chinese
    printf '%s\n' "$1"
}
