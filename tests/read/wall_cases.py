"""Walls as they look, made up after the kinds that stand in the wild, and pages that only resemble them."""

from monitor.domain.errors import FailureReason

BOT, LOGIN, LOST = FailureReason.BOT_WALL, FailureReason.LOGIN_WALL, FailureReason.HTTP_4XX
SHELL, PARKED, BLANK = FailureReason.NO_BROWSER, FailureReason.MOVED, FailureReason.NO_TEXT


def page(title: str, body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


WALLS = {
    "cloudflare_challenge": (BOT, page("Just a moment...", "<script>window._cf_chl_opt={cType:'managed'};</script>")),
    "cloudflare_block": (
        BOT,
        page(
            "Attention Required! | Cloudflare",
            "<div id='cf-wrapper'><h1>Sorry, you have been blocked</h1><h2>You are unable to access shop.example</h2>"
            "<p>This website uses a security service to protect itself from online attacks.</p></div>",
        ),
    ),
    "cloudflare_in_german": (BOT, page("Nur einen Moment", "<p>Bestätigen Sie, dass Sie ein Mensch sind.</p>")),
    "datadome": (
        BOT,
        page(
            "shop.example",
            "<script>var dd={'rt':'c','host':'geo.captcha-delivery.com'}</script>"
            "<script src='https://ct.captcha-delivery.com/c.js'></script>",
        ),
    ),
    "perimeterx": (
        BOT,
        page(
            "Access to this page has been denied",
            "<p>Press & Hold to confirm you are a human (and not a bot).</p><div id='px-captcha'></div>",
        ),
    ),
    "akamai": (
        BOT,
        page(
            "Access Denied",
            '<h1>Access Denied</h1>You don\'t have permission to access "http://shop.example/fees" on this server.<p>'
            "Reference #18.2f6c1202.1700000000.1a2b<p>https://errors.edgesuite.net/18.2f6c1202",
        ),
    ),
    "incapsula": (
        BOT,
        "<html><body><iframe src='/_Incapsula_Resource?CWUDNSAI=9&xinfo=1'>Request unsuccessful. Incapsula incident "
        "ID: 877-1</iframe></body></html>",
    ),
    "imperva_interruption": (
        BOT,
        page(
            "Pardon Our Interruption", "<p>As you were browsing something about your browser made us think twice.</p>"
        ),
    ),
    "aws_waf": (BOT, page("", "<script>window.gokuProps={key:'AQ'};window.awsWafCookieDomainList=[];</script>")),
    "amazon_robot_check": (
        BOT,
        page(
            "Robot Check",
            "<h4>Enter the characters you see below</h4><p>Sorry, we just need to make sure you're not a robot."
            "</p><form action='/errors/validateCaptcha'><input name='field'></form>",
        ),
    ),
    "google_unusual_traffic": (
        BOT,
        page(
            "https://www.google.com/search?q=x",
            "<p>Our systems have detected unusual traffic from your computer network. This page checks to see if it's "
            "really you sending the requests, and not a robot.</p>",
        ),
    ),
    "alibaba_slider": (
        BOT,
        page(
            "Captcha Interception",
            "<script>sufei=1;location='/_____tmd_____/punish?x5secdata=xg1'</script><p>Please slide to verify</p>",
        ),
    ),
    "alibaba_cookie_script": (
        BOT,
        "<html><script>var arg1='3000176000856006061501533003690027800375';document.cookie='acw_sc__v2='+arg1;"
        "document.location.reload()</script></html>",
    ),
    "tencent_captcha": (
        BOT,
        page(
            "安全验证",
            "<script src='https://turing.captcha.qcloud.com/TCaptcha.js'></script><p>请完成安全验证</p>"
            "<script>new TencentCaptcha('1')</script>",
        ),
    ),
    "geetest_alone": (BOT, page("Verify", "<script>initGeetest({gt:'1'},f)</script><div id='captcha-box'></div>")),
    "baidu": (BOT, page("百度安全验证", "<p>网络不给力，请稍后重试</p>")),
    "yandex": (
        BOT,
        page("Ой!", "<form action='/checkcaptcha?key=1'>Подтвердите, что запросы отправляли вы, а не робот</form>"),
    ),
    "ddos_guard": (
        BOT,
        page(
            "DDoS-Guard", "<script src='/.well-known/ddos-guard/js-challenge/index.js'></script>Checking your browser"
        ),
    ),
    "f5": (
        BOT,
        page(
            "Request Rejected",
            "The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 12345",
        ),
    ),
    "too_many_requests": (BOT, page("Slow down", "<h1>429</h1><p>Too many requests from your network.</p>")),
    "japanese": (BOT, page("確認", "<p>続けるには、ロボットではないことを確認してください。</p>")),
    "consent_google": (
        BOT,
        page(
            "Before you continue",
            "<h1>Before you continue to Google</h1><p>We use cookies and data to deliver and maintain services.</p>"
            "<form><button>Reject all</button><button>Accept all</button></form><a href='/x'>More options</a>",
        ),
    ),
    "consent_publisher": (
        BOT,
        page(
            "Willkommen",
            "<h2>Weiterlesen mit Werbung und Tracking</h2><p>Wir und unsere 190 Partner verwenden Cookies, um Daten "
            "zu speichern.</p><button class='b'><span>Akzeptieren</span></button><a href='/d'>Datenschutz</a>",
        ),
    ),
    "login_form": (
        LOGIN,
        page(
            "Sign in - Seller Center",
            "<form><label>E-mail</label><input name='u'><input type='password'><button>Sign in</button></form>",
        ),
    ),
    "login_notice": (LOGIN, page("Forum", "<p>You must be logged in to view this page.</p><a href='/j'>Join</a>")),
    "login_in_chinese": (LOGIN, page("商家后台", "<p>请登录后查看</p><p>扫码登录</p>")),
    "soft_404": (LOST, page("Page not found | Shop", "<h1>Oops</h1><p>The page you requested does not exist.</p>")),
    "soft_404_in_chinese": (LOST, page("提示", "<p>抱歉，您访问的页面不存在</p>")),
    "shell": (
        SHELL,
        page(
            "Seller Hub",
            "<noscript>You need to enable JavaScript to run this app.</noscript><div id='root'></div>"
            "<script src='/static/main.js'></script>",
        ),
    ),
    "parked": (PARKED, page("shop.example", "<h1>shop.example</h1><p>This domain is for sale.</p>")),
    "nginx": (PARKED, page("Welcome to nginx!", "<h1>Welcome to nginx!</h1><p>Further configuration is required.</p>")),
    "blank": (BLANK, page("", "<div>  </div>")),
}

INNOCENT = {
    "captcha_article": page(
        "Why captchas are failing",
        "<article><h1>Why captchas are failing</h1><p>Sites ask: verify you are human. Bots now do it better.</p>"
        "<p>Researchers found that bots press and hold to confirm faster than people do in every test.</p></article>",
    ),
    "captcha_news_unmarked": page(
        "Temu adds a captcha to its seller login",
        "<h1>Temu adds a captcha to its seller login</h1><p>Sellers who log in from Monday meet a page that says "
        "“Verify you are human”. The company says that fraud made it necessary.</p>",
    ),
    "captcha_encyclopedia": page(
        "Captcha", "<h1>Captcha</h1><p>" + "A captcha is a test of whether a user is one. " * 12
    ),
    "cloudflare_outage": page(
        "Cloudflare outage takes Shopify stores offline",
        "<h1>Cloudflare outage takes Shopify stores offline</h1><p>Visitors saw Cloudflare's “Just a moment...” page "
        "and error 522 for two hours on Tuesday.</p>",
    ),
    "access_denied_headline": page(
        "Access denied: sellers locked out of Wish",
        "<h1>Access denied: sellers locked out of Wish</h1><p>Thousands cannot withdraw their balance.</p>",
    ),
    "attention_headline": page("Attention required! New VAT rules", "<p>From July on, a VAT number is needed.</p>"),
    "blocked_in_russia": page("Маркетплейс", "<p>Доступ к сайту заблокирован в России по решению суда.</p>"),
    "blocked_in_japanese": page("お知らせ", "<p>ロシアから通販サイトへのアクセスが制限されました。</p>"),
    "blocked_in_chinese": page("公告", "<p>该平台在俄罗斯访问被阻断，卖家请尽快提现。</p>"),
    "breach_in_korean": page("쿠팡", "<p>쿠팡은 비정상적인 접근이 확인되어 조사하고 있다고 밝혔다.</p>"),
    "identity_check_in_chinese": page("通知", "<p>请完成身份验证，否则店铺将于6月30日关闭。</p>"),
    "blocked_sellers": page("Help", "<p>If you have been blocked from selling, appeal within 30 days.</p>"),
    "automated_access_ban": page("Policy", "<p>Amazon bans automated access to seller data from 1 May.</p>"),
    "account_suspended": page("Account suspended: what to do", "<p>Your account has been suspended? Appeal here.</p>"),
    "login_changes": page(
        "Login to Seller Center changes",
        "<h1>Login to Seller Center changes</h1><p>From May on, please log in to Seller Center with two factors.</p>",
    ),
    "log_in_for_details": page(
        "Fees", "<p>Fees rise by 2 % on 1 May. Please log in to Seller Central for details.</p>"
    ),
    "news_with_login_and_banner": page(
        "Ventoo closes its marketplace",
        "<div class='cookies'><p>We use cookies to improve your experience.</p><button>Accept all</button></div>"
        "<a href='/login'>Log in</a><h1>Ventoo closes its marketplace</h1><p>Ventoo ends sales on 30 June.</p>",
    ),
    "notice_with_banner_without_heading": page(
        "Ventoo",
        "<div><p>We use cookies.</p><button>Accept</button></div><p>Ventoo ends all sales on 30 June in Spain.</p>",
    ),
    "notice_to_partners_below_a_banner": page(
        "Ventoo",
        "<p>We use cookies.</p><button>Accept all</button><p>Dear partners, orders are accepted until 30 June.</p>",
    ),
    "notice_with_login_popup": page(
        "Ventoo",
        "<form><input name='u'><input type='password'><button>Sign in</button></form><p>Ventoo ends all sales in Spain "
        "on 30 June. Orders until then are paid out.</p>",
    ),
    "newsletter_popup": page(
        "Lamps",
        "<div class='modal'><h2>Subscribe to our newsletter</h2><input type='email'><button>I agree</button>"
        "</div><ul><li>Desk lamp 20 €</li><li>Floor lamp 60 €</li></ul>",
    ),
    "cdn_beacon": page(
        "Notice",
        "<p>Our shop closes on 30 June. Thank you.</p>"
        "<script src='/cdn-cgi/challenge-platform/h/g/scripts/jsd/main.js'></script>",
    ),
    "datadome_beacon": page(
        "Notice", "<p>Our shop closes on 30 June.</p><script src='https://js.datadome.co/tags.js'></script>"
    ),
    "incapsula_beacon": page(
        "Notice", "<p>Our shop closes on 30 June.</p><script src='/_Incapsula_Resource?SWJIYLWA=719d34'></script>"
    ),
    "ddos_guard_beacon": page(
        "Notice", "<p>Our shop closes on 30 June.</p><script src='/.well-known/ddos-guard/check?c=1'></script>"
    ),
    "geetest_in_a_form": page(
        "Notice",
        "<h1>Closure</h1><p>Our marketplace closes on 30 June. Orders placed until then are shipped, refunds are paid "
        "out within 14 days, and seller balances may be withdrawn until the end of the year.</p>"
        "<script>initGeetest({gt:'1'})</script><div class='smart-captcha'></div>",
    ),
    "amazon_comment": page(
        "Lamp",
        "<!-- To discuss automated access contact api-services-support@amazon.com --><p>Desk lamp, 20 dollars.</p>",
    ),
    "press_notice_of_two_sentences": page("Press", "<p>Ventoo leaves Poland on 30 June. Refunds follow.</p>"),
    "notice_in_a_scripted_page": page(
        "Press",
        "<noscript>Please enable JavaScript.</noscript><div id='root'><p>Ventoo leaves Poland on 30 June 2026. Refunds "
        "of all open orders follow by the end of July.</p></div><script src='/m.js'></script>",
    ),
    "headline_404_media": page("404 Media: Temu sued", "<p>404 Media reports that Temu was sued in Texas.</p>"),
    "outage_headline": page("Site unavailable: Shopee down in Brazil", "<p>Shopee was down for 3 hours.</p>"),
    "domain_sale_news": page(
        "Wish", "<p>The domain wish.example is for sale after the bankruptcy, the trustee said.</p>"
    ),
}
