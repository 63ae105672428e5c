# An environment of Python's for each tool, with the versions of .ci/requirements. One whose packages could not be fetched is made anew.
.DELETE_ON_ERROR:
.PRECIOUS: .venv/%/bin/python
.venv/%/bin/python: .ci/requirements/%.txt
	@rm -rf .venv/$*
	@python3 -m venv .venv/$*
	@.venv/$*/bin/pip install --quiet --requirement $<
	@touch $@
