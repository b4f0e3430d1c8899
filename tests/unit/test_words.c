/*
 * words: which language, and that no reason lacks its Chinese
 */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "http.h"
#include "words.h"

static void choose(const char *all, const char *messages, const char *lang)
{
    const char *const values[] = {all, messages, lang};
    const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (int i = 0; i < 3; i++)
        if (values[i] != NULL)
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
    words_choose();
}

static bool is_chinese(void)
{
    return strcmp(words("text"), "文本") == 0;
}

static void the_first_that_is_set_says_the_language(void **state)
{
    (void)state;
    choose(NULL, NULL, NULL);
    must(!is_chinese(), "English without any");
    choose(NULL, NULL, "zh_CN.UTF-8");
    must(is_chinese(), "LANG");
    choose(NULL, "C", "zh_CN.UTF-8");
    must(!is_chinese(), "LC_MESSAGES is before LANG");
    choose("", "zh_CN", "C");
    must(is_chinese(), "an empty LC_ALL is not set");
    choose("en_US.UTF-8", "zh_CN", "zh_CN");
    must(!is_chinese(), "LC_ALL is before all");
    choose(NULL, NULL, "za_CN.UTF-8");
    must(!is_chinese(), "Zhuang is another language");
}

static void what_is_not_known_stays(void **state)
{
    (void)state;
    choose("zh_CN", NULL, NULL);
    must(strcmp(words("no such words"), "no such words") == 0, "as it was");
}

static void every_reason_has_its_chinese(void **state)
{
    (void)state;
    choose("zh_CN", NULL, NULL);
    for (int i = 0; i < HTTP_OUTCOMES; i++) {
        const char *reason = http_refusal_find((enum http_outcome)i)->reason;
        must(reason == NULL || strcmp(words(reason), reason) != 0, "%s", reason);
    }
    for (int i = 0; i < WS_OUTCOMES; i++) {
        const char *reason = ws_fault_find((enum ws_outcome)i)->reason;
        must(reason == NULL || strcmp(words(reason), reason) != 0, "%s", reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_set_says_the_language),
        cmocka_unit_test(what_is_not_known_stays),
        cmocka_unit_test(every_reason_has_its_chinese),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
