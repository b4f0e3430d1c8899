# stubs.awk - reads tables of exercises, and puts stubs in the place of functions
#
#     awk -v open=" unmask " -f stubs.awk lesson*/exercises common/frame.c         the file, with stubs
#     awk -v list=1 -f stubs.awk lesson*/exercises                                the tables, as lines
#     awk -v chinese=1 ...                                                        with words in Chinese
#
# A table is a file named "exercises"; every other file is C, and is printed. Each function's brace
# stands at the beginning of a line, the opening and the closing one: that is how they are found.

function column(line) { sub(/^[a-z.]+ */, "", line); return line }
function say(english, in_chinese) { return chinese ? in_chinese : english }

# Words above the stub, as a comment.
function comment(f,    i, text)
{
    text = "    /* " say("EXERCISE", "练习") " " exercise[f] "\n     *\n"
    for (i = 1; i <= todos[f]; i++)
        text = text "     * " todo[f, i] "\n"
    text = text "     *\n     * " say("Read:  ", "阅读：") read[f] "\n"
    text = text "     * " say("See:   ", "效果：") see[f] "\n     * " say("Check: ", "检查：")
    return text "make check" check[f] say("; ", "；提示：") "./wscheck --hint " exercise[f] " */\n"
}

# A line of a stub: the comment in it, if there is one, is the next of the notes.
function stub_line(line)
{
    if (chinese && match(line, /\/\*.*\*\//))
        return substr(line, 1, RSTART - 1) "/* " note[n, ++noted] " */" substr(line, RSTART + RLENGTH)
    return line
}

# ------------------------------------------------------------------------------------- the tables

FNR == 1 {
    is_table = FILENAME ~ /exercises$/
    lesson = FILENAME
    sub(/.*lesson/, "", lesson)
    lesson = substr(lesson, 1, 2)
    waiting = in_stub = skipping = 0
}
is_table && in_stub {
    if ($0 == "end") in_stub = 0
    else stub[n] = stub[n] stub_line($0) "\n"
    next
}
is_table && $1 == "exercise" { exercise[++n] = $2; check[n] = $2 ~ /^challenge-/ ? substr($2, 10) : lesson }
is_table && $1 == "file"     { file[n] = $2 }
is_table && $1 == "function" { name[n] = $2 }
is_table && $1 == say("todo", "todo.zh") { todo[n, ++todos[n]] = column($0) }
is_table && $1 == say("read", "read.zh") { read[n] = column($0) }
is_table && $1 == say("see", "see.zh")   { see[n] = column($0) }
is_table && $1 == "note.zh"  { note[n, ++notes[n]] = column($0) }
is_table && $1 == "optional" { for (i = 2; i <= NF; i++) optional[n] = optional[n] " " $i " " }
is_table && $1 == "stub" {
    in_stub = 1
    noted = 0
    if (list) print exercise[n], file[n], name[n]
}
is_table { next }

# ------------------------------------------------------------------------------------- the sources

# The function of this line, if it may be the beginning of one that is to be replaced.
function which(line,    f)
{
    for (f = 1; f <= n; f++)
        if (file[f] == source && (open == "" || index(open, " " exercise[f] " ")) &&
            line ~ ("(^|[^A-Za-z0-9_])" name[f] "[(]"))
            return f
    return 0
}

# Is this the definition of something that a right answer may do without? Then the compiler is told.
function may_be_unused(line,    f, names, i, count)
{
    for (f = 1; f <= n; f++)
        if (file[f] == source && (open == "" || index(open, " " exercise[f] " "))) {
            count = split(optional[f], names, " ")
            for (i = 1; i <= count; i++)
                if (line ~ ("^static .*[^A-Za-z0-9_]" names[i] "[[(]"))
                    return 1
        }
    return 0
}

skipping            { if ($0 == "}") { skipping = 0; print } ; next }
may_be_unused($0)   { print "__attribute__((unused)) /* " say("your answer may do without it", "你的答案可以没有它") " */" }
/^[A-Za-z]/         { waiting = which($0) }
/;$/                { waiting = 0 } # only declared
$0 == "{" && waiting { printf "{\n%s%s", comment(waiting), stub[waiting]; skipping = 1; next }
                    { print }
