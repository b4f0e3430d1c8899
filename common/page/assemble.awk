# Puts a page together. A page is one file, from which a browser needs nothing else; what several pages
# have in common stands once, beside this program. A line that says "include NAME", in a comment of
# HTML, CSS or JavaScript, is replaced by that file:
#
#     awk -f common/page/assemble.awk lesson01_handshake/page.html
$1 ~ /^(<!--|\/\*|\/\/)$/ && $2 == "include" {
    part = "common/page/" $3
    while ((got = (getline line < part)) > 0)
        print line
    close(part)
    if (got < 0) {
        print FILENAME ": there is no " part | "cat >&2"
        exit 1
    }
    next
}
{ print }
