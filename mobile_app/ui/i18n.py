"""Every word a person sees on the phone: Korean first, English by a switch."""

from __future__ import annotations

from datetime import datetime

from mobile_app.ui.care_words import CARE
from mobile_app.ui.more_words import MORE
from mobile_app.ui.scout_words import SCOUTS
from mobile_app.ui.walk_words import WALK

KO, EN = "ko", "en"

WORDS: dict[str, tuple[str, str]] = {
    "app": ("안심", "Ansim"),
    "sos": ("SOS", "SOS"),
    "hold_hint": ("1초 동안 누르세요", "Hold for 1 second"),
    "hold_on": ("그대로 누르고 계세요", "Keep holding"),
    "shake_hint": ("휴대폰을 세게 흔들어도 신고됩니다", "Shaking the phone hard works too"),
    "shake_on": ("흔들기 감지 켜짐 · {level}", "Shake detection on · {level}"),
    "sign_up_first": ("아직 가입하지 않았습니다. 그래도 신고는 됩니다.", "Not signed up yet. SOS works all the same."),
    "no_pins": ("PIN을 정해 두면 남이 신고를 끌 수 없습니다", "Choose a PIN so that nobody else can stop an alert"),
    "hello": ("{nickname}님, 안심하세요", "Hello, {nickname}"),
    "home_center": ("{center} 관제센터", "{center} control center"),
    "online": ("연결됨", "Online"),
    "offline": ("통신이 끊겼습니다 · 문자로라도 신고합니다", "No data · alerts go out by text message"),
    "placed_s": ("위치 확인 {age}초 전", "Position found {age} s ago"),
    "placed_min": ("위치 확인 {age}분 전", "Position found {age} min ago"),
    "tap_area": ("조용히 신고: 여기를 5번 두드리세요", "Silent alert: tap here 5 times"),
    "drill": ("훈련", "Drill"),
    "drill_on": ("훈련 끝내기", "End drill"),
    "drill_hint": ("훈련 모드 · 실제로 출동하지 않습니다", "Drill mode · nobody is sent out"),
    "drill_hold": ("훈련 · 1초 동안 누르세요", "Drill · hold for 1 second"),
    "drill_banner": ("훈련입니다 · 실제 신고가 아닙니다", "DRILL · not a real emergency"),
    "fake_call": ("가짜 전화", "Fake call"),
    "safe_hold": ("누르고 걷기", "Hold & walk"),
    "safe_hold_title": ("안전해질 때까지 누르고 계세요", "Hold until you are safe"),
    "safe_hold_on": ("지켜보고 있습니다", "Watching over you"),
    "safe_hold_why": (
        "손을 떼면 카운트다운이 시작됩니다. 안전하면 PIN을 누르고, 아니면 그대로 신고됩니다.",
        "Letting go starts a countdown. Enter your PIN if you are safe; otherwise help is called.",
    ),
    "safe_hold_key": ("누르기", "Hold"),
    "safe_hold_hint": ("여기를 누르고 걸으세요", "Keep your finger here and walk"),
    "safe_hold_small": ("손을 떼면 신고를 준비합니다", "Let go to get help"),
    "guardians": ("보호자", "Guardians"),
    "settings": ("설정", "Settings"),
    "sign_up": ("가입", "Sign up"),
    "sign_up_why": (
        "위급할 때 관제센터가 누구인지 알고 전화할 수 있게 합니다. 2분이면 됩니다.",
        "So that the control center knows who you are and can call you. It takes two minutes.",
    ),
    "step_of": ("{step} / {steps}", "{step} of {steps}"),
    "who_are_you": ("연락받을 번호를 알려 주세요", "How can we reach you?"),
    "choose_pins": ("신고를 끄는 PIN을 정하세요", "Choose the PIN that stops an alert"),
    "enter_code": ("문자로 받은 번호를 적어 주세요", "Enter the code from the text message"),
    "guardian_hint": (
        "가입한 뒤 보호자를 정하면, 신고할 때 바로 알려 드립니다.",
        "After signing up you can choose guardians. They are told at once when you call for help.",
    ),
    "after_cancel_note": (
        "취소한 뒤에도 두 시간 동안 위치를 보냅니다. 저장하지 않고 버립니다. "
        "강요로 취소한 것과 구별되지 않게 하기 위해서입니다.",
        "After a cancel the phone sends its place for two more hours; it is thrown away unread. "
        "So nobody can tell a forced cancel from a real one.",
    ),
    "next": ("다음", "Next"),
    "again": ("번호 다시 받기", "Send the code again"),
    "back": ("뒤로", "Back"),
    "close": ("닫기", "Close"),
    "countdown_title": ("곧 신고합니다", "Calling for help"),
    "countdown_center": (
        "{center} 관제센터가 미리 준비하고 있습니다.\n시간이 다 되면 위치와 함께 신고됩니다.",
        "{center} control center is getting ready.\nAt zero your alert and position go out.",
    ),
    "countdown_sending": (
        "미리 알리는 중입니다.\n시간이 다 되면 위치와 함께 신고됩니다.",
        "Telling the control center in advance.\nAt zero your alert and position go out.",
    ),
    "seconds": ("초", "seconds"),
    "send_now": ("지금 바로 신고", "Send now"),
    "cancel": ("취소", "Cancel"),
    "cancel_with_pin": ("취소 (PIN)", "Cancel (PIN)"),
    "safe": ("저는 안전합니다", "I am safe"),
    "enter_pin": ("PIN을 누르세요", "Enter your PIN"),
    "wrong_pin": ("PIN이 맞지 않습니다", "Wrong PIN"),
    "cancelled": ("취소되었습니다", "Cancelled"),
    "ok": ("확인", "OK"),
    "erase": ("지움", "Erase"),
    "sending": ("신고를 보내는 중입니다", "Sending your alert"),
    "sending_hint": ("닿을 때까지 계속 보냅니다", "It keeps trying until it gets through"),
    "assigned_by": ("{center} 관제센터로 전달 중", "On its way to {center} control center"),
    "assigned_hint": ("곧 접수됩니다", "It will be received in a moment"),
    "received_by": ("{center} 관제센터가 접수했습니다", "Received by {center} control center"),
    "received_hint": ("관제요원이 확인하고 있습니다", "An operator is looking at it"),
    "now_acknowledged": ("{center} 관제요원이 보고 있습니다", "An operator in {center} is with you"),
    "now_acknowledged_hint": ("위치와 주변 CCTV를 보고 있습니다", "Your position and nearby cameras are being watched"),
    "now_dispatched": ("112·119에 출동을 요청했습니다", "Police or fire have been called"),
    "now_dispatched_hint": ("{center} 관제센터가 계속 지켜봅니다", "{center} control center stays with you"),
    "now_en_route": ("도움이 오고 있습니다", "Help is on the way"),
    "now_en_route_hint": ("안전한 곳에서 기다려 주세요", "Wait in a safe place if you can"),
    "now_on_scene": ("도움이 도착했습니다", "Help has arrived"),
    "now_on_scene_hint": ("가까이에 있습니다", "They are close to you"),
    "closed_by": ("{center} 관제센터가 종료했습니다", "Closed by {center} control center"),
    "closed_by_hint": ("신고가 끝났습니다", "This alert has ended"),
    "ended_elsewhere": ("신고가 종료되었습니다", "The alert has ended"),
    "ended_elsewhere_hint": (
        "이 휴대폰에서 끝낸 것이 아닙니다. 위험하면 아래에서 바로 다시 신고하세요.",
        "It was not ended on this phone. If you are in danger, call for help again below.",
    ),
    "reconnecting": ("다시 연결 중…", "Reconnecting…"),
    "connected": ("관제센터와 연결됨", "Connected"),
    "steps_title": ("진행 상황", "Progress"),
    "show_steps": ("진행 상황 모두 보기", "Show all steps"),
    "raised": ("신고함", "Alert raised"),
    "assigned": ("관제센터 배정", "Center assigned"),
    "received": ("관제센터 접수", "Received by the center"),
    "acknowledged": ("관제요원 확인", "An operator is on it"),
    "dispatched": ("112·119 출동 요청", "Police or fire called"),
    "en_route": ("출동 중", "Help is on the way"),
    "on_scene": ("현장 도착", "Help has arrived"),
    "closed": ("종료", "Closed"),
    "position_sent": ("위치 전송 {age}초 전", "Position sent {age} s ago"),
    "position_waiting": ("위치를 보내는 중", "Sending your position"),
    "position_none": ("위치를 찾는 중", "Finding your position"),
    "said_sending": ("보내는 중", "Sending"),
    "said_sent": ("전송됨", "Sent"),
    "said_seen": ("읽음", "Read"),
    "said_center": ("관제센터", "Control center"),
    "talk_empty": (
        "말하기 어려우면 아래 말을 누르거나 글로 알리세요.\n소리는 나지 않습니다.",
        "Tap a phrase below or write.\nThe phone makes no sound.",
    ),
    "write": ("글쓰기", "Write"),
    "write_title": ("관제센터에 알릴 말", "Message to the control center"),
    "send": ("보내기", "Send"),
    "language_of_talk": ("대화 언어", "Language"),
    "asks": ("관제센터가 묻습니다", "The control center asks"),
    "tap_to_answer": (
        "보지 않고 답하기\n한 번 = 네 · 두 번 = 아니요 · 길게 = 위험",
        "Without looking\nonce = yes · twice = no · hold = danger",
    ),
    "call_number": ("{number}에 전화하기", "Call {number}"),
    "call_why": (
        "아직 접수 확인이 없습니다. 할 수 있으면 직접 전화하세요.",
        "Nobody has confirmed yet. Call yourself if you can.",
    ),
    "stop_noise": ("소리와 불빛 끄기", "Stop siren and light"),
    "are_you_safe": ("지금 안전하신가요?", "Are you safe now?"),
    "yes_safe": ("네, 안전해요", "Yes, I am safe"),
    "need_help": ("아니요, 아직 도움이 필요해요", "No, I still need help"),
    "answer_safe": ("알려 주셔서 고맙습니다", "Thank you for telling us"),
    "after_hint": (
        "답은 관제센터에 전달됩니다. '아니요'를 누르면 바로 다시 신고합니다.",
        'Your answer goes to the center. "No" calls for help again at once.',
    ),
    "who_saw": (
        "누가 내 위치와 영상을 보았는지는 사건이 끝난 뒤 '열람 기록'에서 볼 수 있습니다.",
        "Who has seen your position and pictures is listed in your access record after the case.",
    ),
    "to_home": ("처음으로", "Back to start"),
    "nickname": ("별명", "Nickname"),
    "phone": ("전화번호", "Phone number"),
    "pin_cancel": ("취소 PIN (숫자 4~8자리)", "Cancel PIN (4 to 8 digits)"),
    "pin_duress": ("협박용 PIN (선택)", "Duress PIN (optional)"),
    "pin_duress_hint": (
        "협박을 받을 때 누르세요. 화면은 취소된 것처럼 보이지만 신고는 이어집니다.",
        "For when you are forced: the screen looks cancelled, help still comes.",
    ),
    "pin_rules": (
        "취소 PIN과 길이가 같고, 쉽게 헷갈리지 않는 숫자여야 합니다.",
        "As long as the cancel PIN, and not easily mistaken for it.",
    ),
    "pin_digits": ("PIN은 숫자 4~8자리입니다", "A PIN is 4 to 8 digits"),
    "pin_length": ("두 PIN의 자릿수가 같아야 합니다", "Both PINs need the same number of digits"),
    "pin_near": (
        "두 PIN이 너무 비슷합니다. 전혀 다른 숫자로 정해 주세요.",
        "The two PINs are too much alike. Choose quite another number.",
    ),
    "pin_guessable": (
        "쉽게 알아낼 수 있는 PIN입니다. 바꾸는 것이 좋습니다.",
        "This PIN is easily guessed. Another one is safer.",
    ),
    "pin_same": ("두 PIN은 서로 달라야 합니다", "The two PINs must differ"),
    "pin_saved": ("PIN을 바꿨습니다", "PINs saved"),
    "pin_save": ("PIN 저장", "Save PINs"),
    "fill_both": ("별명과 전화번호를 적어 주세요", "Fill in nickname and phone number"),
    "fill_guardian": ("이름과 전화번호를 적어 주세요", "Fill in name and phone number"),
    "code": ("인증번호 6자리", "Six digits"),
    "code_sent": ("문자로 인증번호를 보냈습니다", "A code is on its way to your phone"),
    "please_wait": ("잠시만 기다려 주세요…", "One moment…"),
    "signed_up": ("가입했습니다", "You are signed up"),
    "name": ("이름", "Name"),
    "add_guardian": ("보호자 추가", "Add guardian"),
    "no_guardians": ("아직 보호자가 없습니다", "No guardians yet"),
    "guardians_why": (
        "신고하면 관제센터와 함께 바로 알림을 받습니다.",
        "They are told together with the control center.",
    ),
    "invitation": ("초대 코드 {code}", "Invitation code {code}"),
    "invitation_how": (
        "이 코드를 보호자에게 알려 주세요. 수락해야 알림을 받습니다.",
        "Give this code to your guardian. They must accept before they are told.",
    ),
    "invited": ("초대함", "invited"),
    "accepted": ("수락함", "accepted"),
    "sensitivity": ("흔들기 감도", "Shake sensitivity"),
    "sensitivity_1": ("둔하게", "Low"),
    "sensitivity_2": ("보통", "Normal"),
    "sensitivity_3": ("민감하게", "High"),
    "language": ("언어", "Language"),
    "failed": ("연결할 수 없습니다. 잠시 뒤 다시 해 보세요.", "No connection. Try again in a moment."),
    "covert": ("조용한 화면", "Quiet screen"),
    "covert_hint": ("첫 화면이 시계처럼 보입니다", "The first screen looks like a clock"),
    "covert_name": ("시계", "Clock"),
    "covert_alarm": ("알람", "Alarm"),
    "covert_no_alarm": ("설정된 알람 없음", "No alarms set"),
    "covert_world": ("세계 시각", "World clock"),
    "covert_code": ("암호", "Passcode"),
    "covert_wrong": ("암호가 맞지 않습니다", "Wrong passcode"),
    "city_seoul": ("서울", "Seoul"),
    "city_london": ("런던", "London"),
    "city_new_york": ("뉴욕", "New York"),
    "call_from": ("전화 건 사람", "Caller"),
    "call_default": ("엄마", "Mom"),
    "call_from_hint": ("예: 엄마", "For example: Mom"),
    "call_number_shown": ("이름 아래에 보일 번호 (선택)", "Number below the name (optional)"),
    "call_number_hint": ("비워 두면 ‘휴대전화’", "Left empty: “Mobile”"),
    "call_after": ("언제 울릴까요", "When should it ring"),
    "call_now": ("바로", "Now"),
    "call_in_s": ("{seconds}초 뒤", "In {seconds} s"),
    "call_in_min": ("{minutes}분 뒤", "In {minutes} min"),
    "call_start": ("전화 울리기", "Start the call"),
    "call_armed": ("전화가 곧 울립니다", "The call will ring soon"),
    "call_why_fake": (
        "자리를 피할 구실이 필요할 때, 걸려 온 전화처럼 보입니다. 실제로 걸지는 않습니다.",
        "Looks like an incoming call when you need a reason to leave. No real call is made.",
    ),
    "call_incoming": ("수신 전화", "Incoming call"),
    "call_mobile": ("휴대전화", "Mobile"),
    "call_answer": ("받기", "Answer"),
    "call_decline": ("거절", "Decline"),
    "call_end": ("끊기", "End call"),
    "call_record": ("녹음", "Record"),
    "call_speaker": ("스피커", "Speaker"),
    "call_mute": ("내 소리 끔", "Mute"),
    "connecting_service": ("앱을 준비하는 중입니다", "Getting ready"),
    "notice_countdown": ("곧 도움을 요청합니다", "Calling for help soon"),
    "notice_countdown_text": ("눌러서 취소하거나 지금 요청하세요", "Tap to cancel or to call now"),
    "notice_active": ("도움을 요청했습니다", "Help has been called"),
    "notice_active_text": ("관제센터가 위치를 보고 있습니다", "The control center follows your position"),
    "notice_closed": ("신고가 종료되었습니다", "The alert is closed"),
    "notice_closed_text": ("눌러서 안전한지 알려 주세요", "Tap to say that you are safe"),
    "panel": ("시뮬레이션", "Simulation"),
    "panel_hint": ("휴대폰 대신 컴퓨터가 흉내 냅니다", "The computer plays the device"),
    "play_shake": ("흔들기 재생  [S]", "Play a shake  [S]"),
    "walk_route": ("길 걷기  [W]", "Walk the route  [W]"),
    "offline_on": ("통신 끊기  [O]", "Go offline  [O]"),
    "offline_off": ("통신 잇기  [O]", "Go online  [O]"),
    "panel_lose": ("위치 끊기", "Lose the position"),
    "panel_found": ("위치 잇기", "Find the position again"),
    "panel_signal_off": ("문자 안 되게 하기", "No text messages"),
    "panel_signal_on": ("문자 되게 하기", "Text messages work"),
    "panel_key": ("옆면 단추 누르기", "Press the side key"),
    "panel_siren": ("사이렌이 울립니다", "The siren sounds"),
    "panel_ring": ("벨이 울립니다", "The phone rings"),
    "panel_torch": ("손전등 켜짐", "Torch on"),
    "panel_recording": ("녹음 중", "Recording"),
    "panel_dialled": ("전화 화면: {number}", "Dialler: {number}"),
    "panel_text": ("문자 {number}: {text}", "Text to {number}: {text}"),
    "battery": ("배터리 {percent}%", "Battery {percent}%"),
    "vibrating": ("진동 중", "vibrating"),
    "vibration": ("진동 {count}회", "vibrated {count} times"),
}

WORDS |= MORE | WALK | CARE | SCOUTS


def say(language: str, key: str, **facts: object) -> str:
    """The words for a key; KeyError for an unknown one, so a missing word is found by the tests."""
    return WORDS[key][1 if language == EN else 0].format(**facts)


def clock(iso: str) -> str:
    """Local wall time of an ISO 8601 moment, `22:41:07`; empty when there is none."""
    try:
        return datetime.fromisoformat(iso.replace("Z", "+00:00")).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""


def minute(at: datetime | None) -> str:
    """Local wall time, `22:41`; empty when there is none."""
    return at.astimezone().strftime("%H:%M") if at else ""


def day(language: str, local: datetime) -> str:
    """`11월 22일 일요일`, `Sunday, 22 November`."""
    if language == EN:
        return f"{_DAYS_EN[local.weekday()]}, {local.day} {_MONTHS_EN[local.month - 1]}"
    return f"{local.month}월 {local.day}일 {_DAYS_KO[local.weekday()]}요일"


_DAYS_KO = "월화수목금토일"
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
