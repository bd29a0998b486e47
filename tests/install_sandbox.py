"""Find bubblewrap for the grader's tests, or install it; never skip silently."""

from debian import need

if __name__ == "__main__":
    raise SystemExit(need("bwrap", "bubblewrap", "bubblewrap", "the package bubblewrap"))
