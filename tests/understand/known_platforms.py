"""A few platforms as the configuration gives them, one extractor that knows them, and one analyst."""

from functools import cache

from monitor.domain.platforms import Platform
from monitor.understand.analyst import Analyst
from monitor.understand.facts import Extractor

KNOWN = (
    Platform("TikTok", "tiktok", "ByteDance", "social-commerce", ("Tik Tok", "ТикТок", "틱톡"), (), ("ByteDance",)),
    Platform("TikTok Shop", "tiktok-shop", "ByteDance", "social-commerce", ("TTS", "TikTok小店"), ("TTS",)),
    Platform("TikTok Music", "tiktok-music", "ByteDance", "music", ()),
    Platform("Resso", "resso", "ByteDance", "music", ()),
    Platform("Xiami Music", "xiami", "Alibaba Group", "music", ("Xiami", "虾米")),
    Platform("Alibaba.com", "alibaba", "Alibaba Group", "marketplace", ("Alibaba", "阿里巴巴")),
    Platform(
        "Amazon",
        "amazon",
        "Amazon",
        "marketplace",
        ("亚马逊", "Амазон", "Amazon India", "Amazon FBA"),
        ("Amazon",),
        domains=("amazon.com",),
    ),
    Platform("Shopee", "shopee", "Sea Limited", "marketplace", ("虾皮", "ช้อปปี้"), ("虾皮",), ("Sea Group",)),
    Platform("Wish", "wish", "Qoo10", "marketplace", (), ("Wish",), domains=("wish.com",)),
    Platform("Ozon", "ozon", "Ozon", "marketplace", ("Озон",), ("Озон",)),
    Platform("Temu", "temu", "PDD", "marketplace", ("Тему", "테무")),
    Platform("Walmart", "walmart", "Walmart", "marketplace", ("WFS",)),
    Platform("Google Play", "google-play", "Google", "app-store", ("Play Store",)),
)
EXTRACTOR = Extractor(KNOWN)


@cache
def analyst() -> Analyst:
    """The shipped model, which knows a few marketplaces: loaded once for all test modules of a process."""
    names = ("Temu", "Shein", "Wish", "Etsy", "eBay", "Amazon", "Shopee", "Lazada", "TikTok Shop", "AliExpress")
    return Analyst(tuple(Platform(name, name.lower().replace(" ", "-"), "", "app", ()) for name in names))
