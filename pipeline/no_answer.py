"""Comments that say nothing themselves: 意見なし in its many wordings, and what points to another answer (同上).

Told by the whole comment only: one word more, and it may be an opinion.
"""

from __future__ import annotations

import re

from pipeline.normalise import comparison_key

# What a comment is called that `has_no_opinion`.
NO_OPINION = "意見なし"
# What it is called when it seems to be about no item of the plan; confidences are then of the items alone.
OUTSIDE = "該当なしの疑い"
# Nobody takes longer to say so, blanks around it included.
_LONGEST_REFUSAL = 40
# What people write into a field that must not stay empty. Compared by `comparison_key`.
_NO_OPINION = re.compile(
    r"(?:(?:今のところ|いまのところ|現在|現時点では?|今は|私は|私からは|自分は|これといって|別に|べつに|特に|とくに|特別|特段|別段|とりたてて|何も|なにも|"
    r"意見|いけん|要望|ご意見|回答|記入|記載|入力|該当|コメント|その他|以上|は|が|も|の|に|等|など)*"
    r"(?:なし|ナシ|無し|無い|ない|ないです|無いです|なしです|無しです|ありません|有りません|ございません|ありませんでした|"
    r"思いつかない|思いつきません|思い浮かばない|思い浮かびません|わからない|分からない|わかりません|分かりません|わからん|わかんない|不明)"
    r"(?:です|ですね|かな|と思います)?"
    r"|特に|とくに|別に|べつに|無|空欄|以上|以上です|(?:無回答|未回答|無記入|未記入|未入力|非該当|回答しない|回答しません|スキップ)(?:です)?|なす|none|na|no|nothing|nil|null|test|テスト)"
)
# The same in a sentence: why there is no answer, as often as people like, and that there is none. What cannot be
# told apart from an opinion stays one: 「相談先がわからない」, and also 「福祉のことはわからない」.
_NO_ANSWER = re.compile(
    r"(?:(?:急に|突然|いきなり|今すぐ)(?:言われても|聞かれても|には|は)?|すぐには?|ぱっと|パッと|とっさに|咄嗟に|"
    r"(?:(?:質問|設問|言葉|内容)(?:の意味)?|意味)が(?:よく)?(?:わから|分から|難し|むずかし|わかりにく)(?:ない|なくて|い|くて)(?:ので|から|ため)?|"
    r"(?:まだ|あまり|よく|全然|全く|まったく)?(?:わから|分から|知ら)ない(?:ので|から|ため)|"
    r"(?:当事者|対象者?)(?:で)?(?:は|じゃ)?(?:ない|ありません)(?:ので|から|ため)|"
    r"(?:引っ越|引越|越|転入)して(?:き)?たばかり(?:なので|で)|難しくて|むずかしくて|申し訳(?:ありません|ない(?:です)?)が|すみませんが)*"
    r"(?:(?:回答|お?答え|記入|コメント|判断|返答)は?(?:できません|できない|(?:でき|し)かねます|のしようが(?:ない|ありません)|を?控えます)|"
    r"(?:答え|こたえ)(?:られません|られない|ようがない|ようがありません)|ノーコメント|"
    r"(?:特に)?(?:書く|かく|言う|いう|伝える|お伝えする|申し上げる)(?:こと|事|ほどのこと|ほどの事|内容)[がはも]?"
    r"(?:ない|ないです|ありません|ございません|(?:思いつき|思い浮かび|浮かび)ません|(?:思いつか|思い浮かば|浮かば)ない)|"
    r"(?:考え|意見)[がはも]?(?:浮かびません|浮かばない|まとまりません|まとまらない)|"
    r"(?:何も|なにも|何を書けばいいか|何を書いていいか|よく|特に)*(?:なし|ありません|わからない|分からない|わかりません|分かりません|わからん|"
    r"思いつきません|思いつかない|(?:思い)?浮かびません|(?:思い)?浮かばない|思いつかなかった|思いつきませんでした))"
    r"(?:です|ですね|かな|と思います|すみません|申し訳ありません|ごめんなさい)?"
)
_SAYS_SOMETHING = re.compile(r"[^\W_ー々]")
# What stands for another answer: that of the row above, or of another question. Ditto marks first.
_DITTO = re.compile(r"""[〃〻″”"]+|''""")
_ELSEWHERE = re.compile(
    r"同上|同前|上同|以下同文|(?:前述|上記|別紙|別添|裏面|添付)の(?:とおり|通り)(?:です)?"
    r"|(?:別紙|別添|裏面|添付)(?:(?:に|へ)(?:記載|記入|書きました|書いてあります|続く|続きます)(?:しました|してあります)?|を?ご?(?:参照|覧)(?:してください|ください|下さい|願います)?)?"
    r"|(?:(?:1つ|一つ)?上|前|左|右|上記|前述|前問|前の?問い?|先ほど|(?:問|設問|質問|q)\d+)(?:の)?(?:意見|回答|答え|記述|欄)?(?:に|と)(?:同じ|同様|同意見)"
    r"(?:意見|回答|内容|答え)?(?:です|である|になります)?"
    r"|同じ(?:です|く|意見です|意見|回答)?|同様(?:です)?|同意見(?:です)?"
)
# What Excel shows where a formula has gone wrong: the comment itself is not in the file.
_CELL_ERROR = re.compile(
    r"#(?:n/a|ref!|value!|name\?|div/0!|num!|null!|spill!|calc!|getting_data)", re.IGNORECASE
)


def is_cell_error(text: str) -> bool:
    """Tell whether a cell holds an error of Excel instead of a comment.

    >>> [is_cell_error(t) for t in ["#N/A", " #REF! ", "N/A", "#1"]]
    [True, True, False, False]
    """
    return text.lstrip().startswith("#") and _CELL_ERROR.fullmatch(text.strip()) is not None


def stands_for_another(text: str) -> bool:
    """Tell whether what a comment means stands elsewhere: in the row above, in another answer, in no cell at all.

    No program can know which: the row above may be another person's. People must look (要確認).

    >>> [stands_for_another(t) for t in ["同上", "〃", "問3と同じです。", "#REF!", "同じ道が何度も掘られる", "-"]]
    [True, True, True, True, False, False]
    """
    if len(text) > _LONGEST_REFUSAL:
        return False
    if _DITTO.fullmatch(text.strip()) or is_cell_error(text):
        return True
    return _ELSEWHERE.fullmatch(comparison_key(text)) is not None


def has_no_opinion(text: str) -> bool:
    """Tell whether a comment holds no opinion by itself: it is empty, says that there is nothing to say (意見なし),
    or `stands_for_another`.

    >>> [has_no_opinion(t) for t in ["", "特になし。", "急に言われても、思いつきません", "-", "同上", "バスがない"]]
    [True, True, True, True, True, False]
    """
    if not _SAYS_SOMETHING.search(text):
        return True
    if len(text) > _LONGEST_REFUSAL:
        return False
    key = comparison_key(text)
    return any(p.fullmatch(key) for p in (_NO_OPINION, _NO_ANSWER)) or stands_for_another(text)
