"""The Scrapy project: what walks to the servers. The daemon knows these spiders by their names only."""
