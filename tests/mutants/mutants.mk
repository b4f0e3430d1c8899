# Do the project's own tests find small mistakes? See own.py.
#
#     make mutants                          every small change to a module that has a unit test
#     make mutants MUTANTS='http utf8'      only of these

.PHONY: mutants
mutants:
	@$(MAKE) -s SAN= CC=cc programs unit wscheck-programs
	@$(MAKE) -s SAN=address CC=cc programs unit
	@$(MAKE) -s SAN=thread CC=cc programs
	tests/mutants/own.py $(MUTANTS)
