"""The words by which a customer stops our messages, or asks for them again."""

import re
import unicodedata

# The first line is what 47 CFR 64.1200(a)(10) (read 2026-10) obliges senders in the USA to understand.
_OPT_OUT = """
stop, quit, end, revoke, opt out, cancel, unsubscribe
stopall, stop all, stop it, please stop, stop please, stop now, unsubscribe me, optout, opt me out
remove, remove me, stop promotions, stop promotion, stop messages, stop messaging, stop marketing
stop sending, no more messages, no messages, do not contact, do not contact me, don't contact me
baja, dar de baja, darme de baja, darse de baja, quiero darme de baja, alto, parar, detener, salir, cancelar
cancelar suscripción, desuscribir, desuscribirme, no molestar, no más mensajes, detener promociones
sair, pare, descadastrar, descadastre, remover, me remova, cancelar inscrição, parar promoções
arrêt, arrêter, arrête, arrêtez, stopper, désabonner, désinscrire, désinscription, désabonnement
me désabonner, me désinscrire, arrêter les promotions
stopp, abmelden, abbestellen, austragen, keine nachrichten, keine werbung, werbung stoppen, aktionen stoppen
annulla, disiscrivi, disiscrivimi, disiscrizione, cancellami, basta, ferma, rimuovi, interrompi promozioni
afmelden, uitschrijven, stoppen, geen berichten, staak, hou op
avsluta, avregistrera, avmeld, meld av, afmeld, frameld, lopeta, peruuta
wypisz, wypisz mnie, rezygnuję, koniec, odhlásit, zrušit, leiratkozás, leállítás, dezabonare
стоп, отписка, отписаться, отпишите, отпиши, отмена, прекратить, зупинити, відписатися, відписатись
iptal, dur, durdur, ret, abonelikten çık, διακοπή, διαγραφή, σταματήστε
إيقاف, ايقاف, توقف, قف, الغاء, إلغاء, إلغاء الاشتراك, الغاء الاشتراك, لا ترسل
لغو, توقف کنید, بس کریں, بند کریں
הסר, הסרה, הפסק, להסיר, להפסיק, עצור
रोकें, रोको, रोक दो, बंद, बंद करें, बंद करो, बन्द, बन्द करें, सदस्यता समाप्त करें, अनसब्सक्राइब, स्टॉप
थांबा, थांबवा, band karo, band karein, band kare, roko, mat bhejo
বন্ধ, বন্ধ করুন, থামুন, স্টপ, બંધ, બંધ કરો, ਬੰਦ, ਬੰਦ ਕਰੋ, நிறுத்து, நிறுத்தவும், ఆపు, ఆపండి, ನಿಲ್ಲಿಸಿ, നിർത്തുക
berhenti, henti, batal, hentikan, berhenti berlangganan, tigil, itigil, hinto, ihinto
dừng lại, hủy đăng ký, huỷ đăng ký, từ chối, ngừng, หยุด, ยกเลิก, เลิกรับ
退订, 退訂, 取消, 取消订阅, 取消訂閱, 停止, 停止发送, 停止傳送, 拒收
配信停止, 解除, やめて, 수신거부, 수신 거부, 거부, 중지, 해지
simama, komesha, yeka
"""

_OPT_IN = """
start, unstop, subscribe, resubscribe, subscribe me, resume, optin, opt in, opt me in, join, start promotions
alta, dar de alta, iniciar, suscribir, suscribirme, reanudar, inscrever, cadastrar, assinar, retomar
commencer, reprendre, abonner, s'abonner, m'abonner, inscription, démarrer
anmelden, abonnieren, starten, iscrivimi, iscriviti, inizia, riprendi
aanmelden, inschrijven, starta, prenumerera, tilmeld, tilaa, zapisz, zapisz mnie, wznów
старт, подписаться, подписка, возобновить, підписатися, başla, abone ol, εγγραφή
ابدأ, اشترك, اشتراك, شروع, הרשמה, הצטרף
शुरू, शुरू करें, सब्सक्राइब, स्टार्ट, শুরু, শুরু করুন, શરૂ કરો, ਸ਼ੁਰੂ ਕਰੋ, தொடங்கு, ప్రారంభించు, shuru karo
mulai, langganan, daftar, mula, simulan, bắt đầu, đăng ký, เริ่ม, สมัคร
开始, 開始, 订阅, 訂閱, 登録, 再開, 수신동의, 시작, anza, jiunge
"""

LONGEST_WISH = 200  # characters; a longer message is a letter to read, not a word

_DIACRITICS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic; other scripts need their marks
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\u20e3]")
_FOLDED = str.maketrans("ı", "i", "'’‘ʼ`´")


def is_opt_out(text: str | None) -> bool:
    """Is the whole of this message, or button payload, a wish to get no more messages?

    Ask first with the pressed button's payload, then with the text.

    >>> is_opt_out(" Stop! "), is_opt_out("ARRÊT"), is_opt_out("STOP_PROMOTIONS"), is_opt_out("ＳＴＯＰ")
    (True, True, True, True)
    >>> is_opt_out("Don't stop"), is_opt_out("Which bus stop?"), is_opt_out("🛑"), is_opt_out(None)
    (False, False, False, False)
    """
    return text is not None and _normalised(text) in OPT_OUT_WORDS


def is_opt_in(text: str | None) -> bool:
    """Is the whole of this message, or button payload, a wish to get our messages again?

    >>> is_opt_in("start"), is_opt_in("Alta."), is_opt_in("When do you start?")
    (True, True, False)
    """
    return text is not None and _normalised(text) in OPT_IN_WORDS


def _normalised(text: str) -> str:
    """Compatibility forms, case, accents, joiners and the punctuation around the words taken away."""
    text = text.strip()
    if len(text) > LONGEST_WISH:
        return ""
    text = unicodedata.normalize("NFKD", text.translate(_FOLDED)).casefold()
    text = _INVISIBLE.sub("", _DIACRITICS.sub("", text))
    text = unicodedata.normalize("NFKC", text)
    text = " ".join(re.sub(r"[_\-\u2010-\u2015]+", " ", text).split())
    start, end = 0, len(text)
    while start < end and _is_around(text[start]):
        start += 1
    while end > start and _is_around(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_around(character: str) -> bool:
    return unicodedata.category(character)[0] in "PSZC"


def _words(lines: str) -> frozenset[str]:
    words = lines.replace("\n", ",").split(",")
    return frozenset(_normalised(word) for word in words if word.strip())


OPT_OUT_WORDS = _words(_OPT_OUT)
OPT_IN_WORDS = _words(_OPT_IN)
