# make coverage    builds for gcov in build/coverage, runs the tests there, and prints which lines and
#                  branches of common/ and the lessons they went through; fails below 99 % of the
#                  lines

.PHONY: coverage
coverage:
	@tests/coverage/coverage.py
