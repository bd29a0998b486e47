"""What a build stands on: fetched assets, the cache key, the repository, the languages of text."""
