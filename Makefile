# Thin: each line is a command one could type. `make book` and `make test` do everything.
PYTHON ?= python3
BIN := .venv/bin
BUILD := $(BIN)/jupyter-book build . -W -n --keep-going

.PHONY: book dist serve check test soak bench data assets clean

# Build the book; needs neither a browser nor root.
book: .venv/.book assets
	@# A failed build leaves a half-read environment that would pass next time: drop it.
	$(BUILD) || { rm -rf _build/.doctrees; exit 1; }
	@echo "The book is in _build/html/index.html"

# The book to keep: offline zip, PDF, ePub, notebooks, data, checksums; and the site that links them.
dist: .venv/.test book
	$(BIN)/python -m multivector.book.build.assets --dev
	$(BIN)/python tests/install_browser.py
	$(BIN)/python -m multivector.book.keep --browser "$$($(BIN)/python tests/install_browser.py --path)"

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

# Daily work: everything that needs neither a browser nor minutes.
check: .venv/.test assets
	$(BIN)/python -m multivector.data check
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal -m "not browser and not slow and not soak and not bench"

# Everything, a real browser included.
test: .venv/.test
	$(BIN)/python -m multivector.book.build.assets --dev
	$(BIN)/python tests/install_browser.py
	$(BIN)/python tests/install_sandbox.py
	$(BIN)/python tests/install_java.py
	$(BIN)/python -m multivector.data check
	$(BIN)/ruff check src tests benchmarks
	$(BUILD) --all || { rm -rf _build/.doctrees; exit 1; }
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal -m "not soak and not bench"

soak: .venv/.test
	$(BIN)/python -m pytest -q -m soak

bench: .venv/.test book
	$(BIN)/python -m multivector.book.build.assets --dev
	$(BIN)/python tests/install_browser.py
	$(BIN)/python -m benchmarks

# After a deliberate change of a table: record its hash and write the codebook.
data: .venv/.book
	$(BIN)/python -m multivector.data hash
	$(BIN)/python -m multivector.data codebook

assets: .venv/.book
	@$(BIN)/python -m multivector.book.build.assets

clean:
	rm -rf _build dist .pytest_cache .hypothesis .ruff_cache

.venv/.book: requirements.txt constraints.txt pyproject.toml
	# A folder without pip is what a first try without python3-venv leaves behind.
	$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.test: .venv/.book
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@
