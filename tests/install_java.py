"""Find a Java for epubcheck, which judges the ePub, or install one; never skip silently."""

from debian import need

if __name__ == "__main__":
    raise SystemExit(need("java", "default-jre-headless", "Java", "a Java runtime (11 or newer)"))
