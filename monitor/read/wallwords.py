"""What walls say to the visitor, in the languages of the marketplaces.

Each is a whole phrase in the second person or the imperative, as no headline has it and no notice to sellers: "access
was restricted", "abnormal access", "log in to see the new fees" are news.
"""

import re

BOT_SAYS = re.compile(
    r"verify (?:that )?you are (?:a |not a )?(?:human|robot)|verifying you are human|are you a (?:human|robot)\?"
    r"|confirm (?:that )?you(?: are|'re|’re) (?:a human|human|not a robot)"
    r"|prove (?:that )?you(?: are|'re|’re) (?:human|not a)"
    r"|checking (?:if the site connection is secure|your browser before)|complete the (?:security check|captcha) to"
    r"|make sure you(?: are|'re|’re) (?:a human|not a robot)|type the characters you see in th"
    r"|press (?:&|and) hold to confirm|enter the characters (?:you see|shown|below)"
    r"|enable javascript and cookies to continue|unusual (?:traffic|activity) from your (?:computer|network|ip)"
    r"|your (?:ip(?: address)?|access to this (?:page|site|website)) (?:has been|is|was) (?:temporarily )?"
    r"(?:blocked|denied|rate)|your request has been blocked|sorry, you have been blocked"
    r"|you have been blocked (?:by network security|from (?:accessing|viewing))|access to this page has been denied"
    r"|you don't have permission to access .{0,120}(?:on this server|reference)|slide to (?:verify|complete)"
    r"|drag the slider to (?:verify|complete|fit|continue)|too many requests from your"
    r"|may be sending automated queries|sorry, we just need to make sure"
    r"|(?:请|請)(?:先)?(?:完成|进行|通過|通过)(?:安全|下列|下方|滑块|图形|人机).{0,6}(?:验证|驗證)"
    r"|(?:拖动|拖動|向右滑动|按住)(?:下方|左边|左側)?滑(?:块|塊)|(?:访问|操作)过于频繁|您的访问.{0,12}(?:异常"
    r"|拦截|拒绝|阻断)"
    r"|检测到您的?(?:网络|流量|访问)异常|(?:安全|人机)验证.{0,20}(?:继续访问)|由於您?的(?:網路|網絡)流量異常"
    r"|确认您?不是机器人|確認您?不是機器人|私はロボットではありません|ロボットではないことを(?:確認|証明)"
    r"|(?:お客様|あなた)の.{0,16}アクセスが?(?:拒否|制限)|로봇이 아닙니다|로봇이 아님을 (?:확인|증명)"
    r"|(?:고객님|귀하)의 .{0,20}비정상적인 (?:접근|트래픽)|подтвердите, что (?:вы|запросы).{0,30}(?:не робот|человек)"
    r"|вы не робот\?|доступ .{0,20}(?:ограничен|заблокирован).{0,60}с вашего"
    r"|bestätigen sie, dass sie (?:ein mensch|kein roboter)|ich bin kein roboter|überprüfen, ob sie ein mensch"
    r"|vérifi(?:ez|er|ons) que vous êtes (?:un )?(?:humain|être humain)|vous n'êtes pas un robot"
    r"|je ne suis pas un robot"
    r"|(?:verifi(?:que|ca)|confirma|confirme) que (?:eres|es|usted es|no eres|no es) (?:un )?(?:humano"
    r"|ser humano|robot)"
    r"|no soy un robot|não sou (?:um )?robô|confirme que (?:você )?(?:é humano|não é um robô)"
    r"|verifica di essere umano|non sono un robot|nie jestem robotem|potwierdź, że nie jesteś robotem"
    r"|robot olmadığınızı|xác (?:minh|nhận) (?:rằng )?bạn (?:là người|không phải)"
    r"|โปรดยืนยันว่าคุณ(?:เป็นมนุษย์|ไม่ใช่)|verifikasi bahwa anda (?:manusia|bukan robot)|تحقق من أنك (?:إنسان"
    r"|لست روبوت)",
    re.IGNORECASE | re.DOTALL,
)
BOT_TITLE = re.compile(
    r"just a moment\.{0,3}|attention required! \| cloudflare"
    r"|access denied \| .{0,60} used cloudflare to restrict access"
    r"|captcha interception|ddos-guard|pardon our interruption\.{0,3}|百度安全验证|验证码拦截|滑动验证页面|ой!",
    re.IGNORECASE,
)
TERSE_TITLE = re.compile(  # words that a page about them may bear as well: only with next to no text
    r"access denied|robot check|(?:security|bot|human|captcha) (?:check|verification|challenge)|captcha"
    r"|are you a (?:robot|human)\??|please wait\.{0,3}|403 forbidden|blocked|one moment, please\.{0,3}"
    r"|request rejected|you(?:'ve| have) been blocked|验证码|安全验证|人机验证|访问验证",
    re.IGNORECASE,
)
LOGIN_SAYS = re.compile(
    r"(?:log|sign) ?in(?: or (?:register|sign up|create an account))? to (?:continue|proceed|(?:view|access) this)"
    r"|you (?:must|need to|have to) be (?:logged|signed) in to (?:continue|proceed|(?:view|access|see) this)"
    r"|your session (?:has )?(?:expired|timed out)|create an account or log in"
    r"|(?:请|請)(?:先|重新)?(?:登录|登錄|登入)(?:后|後|以)(?:查看|继续|繼續|再|访问)|扫码登录|(?:続行"
    r"|続ける)するには(?:ログイン|サインイン)"
    r"|(?:ログイン|サインイン)が必要です|로그인이 필요(?:합니다|한 서비스)|(?:melden sie sich an"
    r"|einloggen), um (?:fortzufahren|weiter)"
    r"|connectez-vous pour (?:continuer|accéder)|inicia sesión para (?:continuar|acceder)"
    r"|(?:faça|entre com seu) login para (?:continuar|acessar)|войдите(?:,| в аккаунт).{0,20}чтобы продолж"
    r"|accedi per continuare|zaloguj się, aby kontynuować|devam etmek için giriş|đăng nhập để tiếp tục"
    r"|เข้าสู่ระบบเพื่อดำเนินการ|masuk untuk melanjutkan",
    re.IGNORECASE,
)
LOGIN_TITLE = re.compile(
    r"(?:.{0,40}[|\-–—:·] ?)?(?:log ?in|sign ?in|logon|member login|登录|登錄|登入|用户登录|会员登录|ログイン"
    r"|로그인|anmelden"
    r"|einloggen|connexion|se connecter|iniciar sesión|acessar|entrar|вход|войти|accedi|zaloguj się|giriş yap"
    r"|đăng nhập"
    r"|เข้าสู่ระบบ|masuk)(?: page| to \S{1,20}| ?[|\-–—·] ?.{0,40})?",
    re.IGNORECASE,
)
CONSENT_SAYS = re.compile(
    r"before you continue to|we (?:and our (?:\d+ )?partners )?(?:use|value your privacy"
    r"|store and/or access).{0,80}(?:cookies|privacy|information on a device)"
    r"|wir (?:und unsere (?:\d+ )?partner )?(?:verwenden|nutzen).{0,60}cookies"
    r"|bevor sie (?:fortfahren|zu .{0,30} weitergehen)|mit werbung und tracking"
    r"|nous (?:et nos (?:\d+ )?partenaires )?(?:utilisons|stockons).{0,60}(?:cookies|informations)"
    r"|avant d'accéder à|utilizamos cookies|usamos cookies|utilizziamo (?:i )?cookie|wij gebruiken cookies",
    re.IGNORECASE | re.DOTALL,
)
CONSENT_WORDS = re.compile(
    r"cookies?\b|werbung und tracking|personal (?:data|information)|personenbezogen|données personnelles"
    r"|datos personales|before you continue",
    re.IGNORECASE,
)
CONSENT_LABELS = re.compile(  # words that news hold as well: of a button or a link only
    r"privacy|datenschutz|confidentialité|privacidad|consent|partner|partenaire|accept|reject|agree|akzeptier|zustimm|ablehn|refuser|aceptar|rechazar|aceitar|accetta|akkoord"
    r"|options|settings|einstellungen|terms|impressum|imprint|learn more|mehr erfahren|log in|sign in",
    re.IGNORECASE,
)
AGREE = re.compile(r"accept|agree|akzeptieren|zustimmen|accepter|aceptar|aceitar|accetta|akkoord", re.IGNORECASE)
LOST_TITLE = re.compile(
    r"(?:.{0,40}[|\-–—:·] ?)?(?:error )?(?:404(?: error|[ :|–—-]{0,3}(?:page |file )?not found)?"
    r"|(?:page|content) (?:not found|cannot be found|unavailable|no longer (?:exists|available))|not found"
    r"|找不到(?:页面|頁面|网页)|页面不存在|页面(?:没有|未)找到|ページが見つかりません(?:でした)?"
    r"|페이지를 찾을 수 없(?:습니다|음)"
    r"|seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)|página no encontrada|página não encontrada"
    r"|страница не найдена|pagina (?:non trovata|niet gevonden))(?:[.!]? ?\(?(?:404)?\)?)(?: ?[|\-–—·] ?.{0,40})?",
    re.IGNORECASE,
)
LOST_SAYS = re.compile(
    r"(?:this|the|that) (?:page|content|address|url)(?: that| which)?"
    r"(?: you(?:'re| are|'ve| have)?(?: requested| looking for| were looking for| are trying to reach))"
    r" (?:could not|couldn't|cannot|can't|can not)(?: be)? (?:found|find)"
    r"|we (?:can't|cannot|couldn't|could not) (?:seem to )?find (?:the|that|this) page"
    r"|the page you(?:'re| are|'ve| have| were)? (?:requested|looking for) (?:does(?:n't| not)|is(?:n't| not)"
    r"|no longer"
    r"|may have|has been|was)|this page (?:does(?:n't| not) exist|is(?:n't| not) available)"
    r"|looks like (?:this|the) page (?:doesn|is gone|went)"
    r"|(?:您|你)(?:访问|查看|请求|瀏覽)的(?:页面|頁面|内容|网页)(?:不存在|已(?:被)?删除|已下线|找不到)"
    r"|(?:抱歉|对不起).{0,10}(?:页面|頁面|文章).{0,6}(?:不存在|找不到|丢失)|お探しのページ(?:は|が)?.{0,12}見つかり"
    r"|요청하신 페이지를 찾을 수 없|запрашиваем.{0,6} страниц.{0,6} не (?:найден|существует)"
    r"|(?:angeforderte|gesuchte) seite.{0,30}(?:nicht gefunden|existiert nicht)"
    r"|la page (?:demandée|que vous .{0,30}) (?:n'existe (?:pas|plus)|est introuvable)"
    r"|la página (?:solicitada|que .{0,30}) no (?:existe|se encuentra)|a página .{0,40}não (?:existe|foi encontrada)",
    re.IGNORECASE,
)
PARKED = re.compile(
    r"this domain(?: name)?(?: [\w.-]{3,60})? (?:is|may be|has been)(?: now)? (?:for sale|parked|available for"
    r"|registered (?:at|with|by)|expired)|this domain has expired|buy this domain|domain (?:is )?parked"
    r"|parked (?:free|domain)|inquire about this domain|make an offer on this domain"
    r"|(?:此|该|本)域名(?:正在|可以|已)?(?:出售|转让|停放|过期)|diese domain (?:ist"
    r"|steht).{0,20}(?:zu verkaufen|zum verkauf"
    r"|geparkt)|ce (?:nom de )?domaine est à vendre|этот домен.{0,20}(?:продаётся|продается|припаркован)"
    r"|welcome to nginx!|apache2? (?:ubuntu |debian )?default page|default web site page"
    r"|this account has been suspended\. (?:contact|either)",
    re.IGNORECASE,
)
PARKED_MARK = re.compile(
    r"sedoparking\.com|parkingcrew\.net|(?<![\w-])(?:bodis|dan|afternic|hugedomains)\.com/|parklogic|d38psrni17bvxu"
    r"|href\s?=\s?[\"']/lander[\"']",
    re.IGNORECASE,
)
WANTS_SCRIPT = re.compile(
    r"(?:enable|requires?|needs?|turn on|without|activate|aktivier\w*|activer|activar?|включите).{0,30}java\s?script"
    r"|java\s?script.{0,30}(?:required|disabled|enabled|not supported|aktivier|erforderlich|désactivé|有効|启用"
    r"|啟用|활성화)"
    r"|(?:启用|啟用|开启).{0,6}java\s?script",
    re.IGNORECASE,
)
