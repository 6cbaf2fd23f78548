"""Words around the names of persons: titles, offices, roles, kin; and words that take titles but name nobody."""

from __future__ import annotations

import re


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# After a name; the shorter list also after a place (松尾さん) and after a word that happens to be a surname.
TITLES = frozenset(
    {"さん", "様", "さま", "サン", "氏", "君", "くん", "クン", "ちゃん", "チャン", "殿", "先生"}
)
INTIMATE = frozenset({"君", "くん", "クン", "ちゃん", "チャン"})
# After a surname only: 田中会長, 井上宅. The first also where the dictionary takes it for a place or a thing:
# 山口会長, but not 山口市長.
_OFFICES_OF_PERSONS = (
    r"副?会長|[部課係室所院園校館店班組]長|主任|主査|主幹|主事|理事|教頭|(?:民生|児童)?委員(?!会|長会|・|児童)|議員(?!会|団)"
    r"|職員(?!会|室|数|組)|(?:相談|支援|指導|介護)員|医師(?!会)|歯科医(?!院|師会)|看護師|保健師|薬剤師|保育士|介護士|教諭|住職|巡査"
    r"|ケアマネ|ヘルパー(?!ス)|ドクター|[ご御]?夫[妻婦]|夫人|一家|宅|邸|両氏"
)
PERSONS = re.compile(_OFFICES_OF_PERSONS)
OFFICES = re.compile(rf"{_OFFICES_OF_PERSONS}|[区市町]長|代表|市議|家|兄弟|姉妹|親子")
# What families of old are called by: 藤原家, 北条一家.
OF_CLANS = re.compile(r"一?家|兄弟|姉妹|親子")
# Common words that are surnames too; only with a title right after and nothing before that joins them.
SURNAME_WORDS = frozenset(
    "緑光翼桃楓茜薫忍望愛恵純誠林森原東西南北星関泉谷堀辻畑岡橋島浜桂菊柳杉松竹梅桜牧滝沢境堤峰嶋角門宮室榊楠椿葵槙轟城池丘湊栗栄平旭王"
) | _listed("大船 大町 今村 下田 田口 山口 川口 門脇 入江 水口 二階堂 荒井 日向 中西")
# Beings, figures and words of courtesy that take titles as persons do.
NOBODY = _listed(
    "サザエ ドラえもん ドラ アンパンマン まる子 ちびまる子 マルコ 桃太郎 金太郎 浦島 八幡 "
    "弁天 弁財天 稲荷 天神 大黒 恵比寿 恵比須 観音 地蔵 釈迦 キリスト イエス マリヤ 神 "
    "仏 閻魔 明神 権現 大仏 達磨 サンタ サンタクロース 頼朝 家康 秀吉 信長 龍馬 太陽 姫 殿 皆 何 誰 どなた 大 お ご 赤 坊 兄 姉 にい ねえ ばあ じい ばば じじ おば "
    "おじ わん ワン にゃん ニャン ぴー ママ パパ かあ とう ひと おまえ あんた うち たく "
    "おく むすめ むすこ こども キャラ ゆるキャラ カマ おかま 諸 主 暴 若 民生"
)
# Surnames too, but hardly ever meant: 大家様, 上司宅.
THINGS = _listed("大家 上司 仲間 市場 花屋 米屋 古本")
# 王さん is a person, 王様 is none.
CROWNED = frozenset({("王", "様"), ("王", "さま")})
# Surnames that mean nobody living, or no name at all (三本-柱), where no title follows.
NOT_ALONE = _listed("源 北条 足利 平 藤原 上杉 徳川 織田 豊臣 武田 夏目 川端 芥川 紫 聖徳 三本 二本 一本")
_OFFICE = (
    "民生(?:・児童)?委員|児童委員|会長|班長|組長|区長|市長|町長|部長|課長|係長|所長|院長|校長|園長|理事長?|代表|議員|担当|担当者|担任|医師|主治医|看護師|保健師"
    "|ケアマネ(?:ー?ジャー)?|ヘルパー|相談員|支援員|店主|住職|職員|役員|係"
)
_KIN = "長男|長女|[次二三]男|[次二三]女|息子|娘|夫|妻|孫|主人"
_AFTER_ROLE = "(?:の|・|:| |、)?$"
OFFICE_BEFORE = re.compile(f"(?:{_OFFICE}){_AFTER_ROLE}")
KIN_BEFORE = re.compile(f"(?:{_KIN}){_AFTER_ROLE}")
ROLE_BEFORE = re.compile(f"(?:{_OFFICE}|隣人|友人|知人|同級生|同僚|{_KIN}|大家){_AFTER_ROLE}")
SUBJECT = re.compile("が|は|です|より")
NAME_LABEL = re.compile(r"(?:氏名|お?名前|なまえ|記入者|投稿者|回答者|ご芳名)(?:は|:| |/|\)|\(){1,3}$")
# お名前:オオサワ ケンジ, フリガナ:タナカ: whole words of kana, whatever the dictionary sees in them.
KANA_LABELLED = re.compile(
    r"(?:氏名|お名前|なまえ|フリガナ|ふりがな|記入者|回答者|ご芳名) ?[:/] ?(?!とくめい|トクメイ|な[しい]|ナシ|ひみつ)"
    r"(?P<name>(?:[ァ-ヶー]{2,8}|[ぁ-んー]{3,8})(?: (?:[ァ-ヶー]{1,8}|[ぁ-んー]{1,8}))?)(?=$|[\s、。,)/])"
)
STRICT_LABEL = re.compile(r"(?:担当者?|連絡先|代表者?|責任者)(?:は|:| ){1,2}$")
INTRODUCED = re.compile(r" ?と(?:申|もう)(?:し|す)(?!ますか)(?!ても)")
KANA_INTRODUCED = re.compile(
    r"(?<![ァ-ヶー・])[ァ-ヶー]{2,8}(?:[ ・][ァ-ヶー]{2,8}){0,3}(?= ?と申し(?!ますか))"
)
CALLED = re.compile(r" ?と(?:いう(?:者|人|方)|言う(?:者|人|方)|いいます|言います|名乗)")
MYSELF = re.compile(r"(?:私|わたし|わたくし|僕|ぼく|こちら)(?:は|、| |の名は)$")
AM = re.compile(r"(?:です|だ|でございます)(?=[。、!」 ]|が|けど|$)")
# After a surname: 吉田のおばあちゃん.
FAMILY_AFTER = re.compile(
    r"(?:さん)?の(?:お?(?:ばあ|じい|かあ|とう|おば|おじ|ば|じ|母|父|兄|姉|奥|嫁)(?:ちゃん|さん|さま|様)|ご主人|旦那さん|奥さん|息子さん|娘さん)"
)
