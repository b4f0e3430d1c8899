# The workbook: the course once more, with functions left to the student. Included by the top Makefile.
#
#     make workbook              workbook/, with all exercises open
#     make workbook LESSON=2     ... those of one lesson only: the others are done
#     make workbook FORCE=1      ... anew, although there is work in it, which is kept beside it
#     make workbook-proof        is it right? (tests/workbook/prove.py)
#
# In a Chinese locale the tasks are in Chinese.

.PHONY: workbook workbook-proof
workbook:
	$(if $(or $(filter-out 1 2 3,$(LESSON)),$(word 2,$(LESSON))), \
	    $(error LESSON=$(LESSON): $(if $(CHINESE),只能是 1、2 或 3,it must be 1, 2 or 3)))
	@FORCE=$(FORCE) tests/workbook/make-workbook workbook $(if $(LESSON), \
	    $$(awk -v list=1 -f tests/workbook/stubs.awk $(wildcard $(addprefix lesson0$(LESSON)_*/,exercises challenges/exercises)) \
	    | cut -d' ' -f1))
	@echo '$(if $(CHINESE),workbook/ 已生成。开始：,workbook/ is made. To begin: )cd workbook && make check0$(or $(LESSON),1)'

workbook-proof: wscheck
	tests/workbook/prove.py
