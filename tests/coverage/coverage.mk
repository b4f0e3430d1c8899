# make coverage    builds for gcov in build/coverage, runs the tests there, and prints which lines and
#                  branches of common/ they went through; fails below 95 % of the lines

.PHONY: coverage
coverage:
	@tests/coverage/coverage.py
