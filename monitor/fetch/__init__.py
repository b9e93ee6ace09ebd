"""The outside world in: one endless Scrapy spider, conditional requests, politeness, and the egress guard."""
