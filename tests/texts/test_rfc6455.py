"""The map of RFC 6455: no word of the RFC is left out, what it names is there, and the page is current."""
import collections
import pathlib
import re

import rfc6455
import sources


def test_every_word_of_the_rfc_is_accounted_for():
    in_table = collections.Counter()
    for rule in rfc6455.rules():
        in_table[rule.section, rule.word] += rule.times
    in_rfc = rfc6455.counts()
    assert {key: (in_table[key], in_rfc.get(key, 0)) for key in in_table | in_rfc
            if in_table[key] != in_rfc.get(key, 0)} == {}, "(in the table, in the RFC)"


def test_whom_is_known():
    assert [rule for rule in rfc6455.rules() if rule.whom not in rfc6455.WHOM or not rule.rule] == []


def test_each_rule_for_a_server_is_kept_and_proven():
    assert [(rule.section, rule.rule) for rule in rfc6455.rules()
            if rule.whom == "server" and not (rule.functions and rule.checks + rule.tests)] == []


def test_functions_are_there():
    there = sources.defined()
    assert [(rule.section, name) for rule in rfc6455.rules() for name in rule.functions if name not in there] == []


def test_checks_are_there():
    checks, _ = sources.check_ids()
    assert [(rule.section, name) for rule in rfc6455.rules() for name in rule.checks if name not in checks] == []


def test_tests_are_there():
    wrong = []
    for rule in rfc6455.rules():
        for file, name in (test.split("::") for test in rule.tests):
            path = pathlib.Path(file)
            definition = rf"^(?:def|static void) {name}\("
            if path not in sources.all_files() or not re.search(definition, sources.text_of(path), re.M):
                wrong.append((rule.section, f"{file}::{name}"))
    assert wrong == []


def test_page_is_current():
    assert rfc6455.PAGE.read_text() == rfc6455.page(), "run tests/texts/rfc6455.py"
