PYTHON ?= python3
RUN = .venv/bin
RECORDS = examples/pacct
DIST = dist

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/installed ## Ship the kernel records that come with the project to standard output.
	@$(RUN)/acctship run --once --file $(RECORDS)
	@for file in /var/log/account/pacct /var/account/pacct; do \
	    if [ -r $$file ]; then echo "This machine's own records: $(RUN)/acctship run --once --file $$file" >&2; fi; \
	done

test: .venv/tests-installed ## Check style, types and imports, and run the tests.
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/pytest

campaign: .venv/tests-installed ## Let receivers, disks and power fail for a quarter of an hour; ACCTSHIP_SEED=N for other faults.
	ACCTSHIP_CAMPAIGN=1 $(RUN)/pytest tests/faults tests/cli/test_decode_follow.py tests/kernel/test_following_rotations.py \
	    tests/outputs/elasticsearch/test_completeness.py \
	    tests/outputs/fluentd/test_real_servers.py tests/outputs/splunk/test_real_servers.py tests/outputs/syslog/test_real_servers.py

bench: .venv/tests-installed ## Measure speed and memory beside the peers.
	$(RUN)/python benchmarks/decode.py
	$(RUN)/python benchmarks/summary.py
	$(RUN)/python benchmarks/dump.py
	$(RUN)/python benchmarks/lastcomm.py
	$(RUN)/python benchmarks/where.py
	$(RUN)/python benchmarks/delivery.py
	$(RUN)/python benchmarks/fleet.py
	$(RUN)/python benchmarks/syslog.py
	$(RUN)/python benchmarks/elasticsearch.py
	$(RUN)/python benchmarks/fluentd.py
	$(RUN)/python benchmarks/splunk.py

dist: .venv/tests-installed ## Build wheel, sdist and a bill of materials into dist/.
	@$(RUN)/python packaging/dist.py $(DIST)

packages: .venv/tests-installed ## Build the packages for all systems, and the wheelhouses, into dist/.
	@$(RUN)/python packaging/build.py --dist $(DIST)

lock: ## Choose the versions of the libraries in packages anew.
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/pip install --quiet pip-tools
	@cd packaging && CUSTOM_COMPILE_COMMAND='make lock' ../build/lock/bin/pip-compile --quiet --upgrade --generate-hashes \
	    --allow-unsafe --strip-extras --no-annotate --no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
	    --extra elasticsearch --extra fluentd --extra metrics --extra splunk --extra zstd \
	    --output-file locked.txt ../pyproject.toml pip.in

add-on: ## Pack the add-on for Splunk into dist/.
	@$(PYTHON) examples/splunk/build_add_on.py $(DIST)

checksums: ## Write dist/SHA256SUMS over all that lies there.
	@cd $(DIST) && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum > SHA256SUMS

release: ## Build all that is published into an empty dist/.
	@rm -rf $(DIST)
	@$(MAKE) --no-print-directory dist packages add-on checksums

docs: .venv/tests-installed ## Make the documentation a site in dist/docs.
	@$(RUN)/sphinx-build -q -W --keep-going -n -E -c packaging/site -d .cache/doctrees . $(DIST)/docs
	@echo $(DIST)/docs/index.html

golden: .venv/tests-installed ## Write the generated parts of docs/, the man pages and the golden files anew.
	$(RUN)/pytest --update-golden tests

records: .venv/installed ## Record examples/pacct anew with this machine's kernel (as root).
	$(RUN)/python examples/make_records.py $(RECORDS)

clean: ## Remove what was built.
	rm -rf .venv build dist .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/installed: pyproject.toml
	@$(PYTHON) -m venv .venv
	@$(RUN)/pip install --quiet --editable . >&2
	@touch $@

.venv/tests-installed: .venv/installed
	@$(RUN)/pip install --quiet --editable '.[test]' >&2
	@touch $@

.PHONY: help run test campaign bench dist packages lock add-on checksums release docs golden records clean
