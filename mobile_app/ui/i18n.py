"""Every word a person sees on the phone: Korean first, English by a switch."""

from __future__ import annotations

from datetime import datetime

KO, EN = "ko", "en"

WORDS: dict[str, tuple[str, str]] = {
    "app": ("안심", "Ansim"),
    "sos": ("SOS", "SOS"),
    "hold_hint": ("1초 동안 누르고 계세요", "Press and hold for 1 second"),
    "shake_hint": ("휴대폰을 세게 흔들어도 됩니다", "Or shake the phone hard"),
    "ready": ("지켜보고 있습니다", "Ready"),
    "sign_up_first": ("아직 가입하지 않았습니다. 그래도 신고는 됩니다.", "Not signed up yet. SOS works all the same."),
    "hello": ("{nickname}님", "Hello, {nickname}"),
    "home_center": ("{center} 관제센터", "{center} control center"),
    "drill": ("훈련 모드", "Drill mode"),
    "drill_hint": ("실제로 출동하지 않습니다", "Nobody is sent out"),
    "drill_banner": ("훈련입니다 · 실제 신고가 아닙니다", "DRILL · not a real emergency"),
    "guardians": ("보호자", "Guardians"),
    "settings": ("설정", "Settings"),
    "sign_up": ("가입", "Sign up"),
    "after_cancel_note": (
        "취소한 뒤에도 두 시간 동안 위치를 보냅니다. 저장하지 않고 버립니다. "
        "강요로 취소한 것과 구별되지 않게 하기 위해서입니다.",
        "After a cancel the phone sends its place for two more hours; it is thrown away unread. "
        "So nobody can tell a forced cancel from a real one.",
    ),
    "back": ("뒤로", "Back"),
    "countdown_title": ("곧 신고합니다", "Calling for help"),
    "countdown_hint": ("관제센터에 미리 알렸습니다", "The control center is getting ready"),
    "seconds": ("초", "seconds"),
    "send_now": ("길게 눌러 지금 신고", "Hold to send now"),
    "cancel": ("취소", "Cancel"),
    "safe": ("저는 안전합니다", "I am safe"),
    "enter_pin": ("PIN을 누르세요", "Enter your PIN"),
    "wrong_pin": ("PIN이 맞지 않습니다", "Wrong PIN"),
    "cancelled": ("취소되었습니다", "Cancelled"),
    "ok": ("확인", "OK"),
    "erase": ("지움", "Erase"),
    "sending": ("신고를 보내는 중입니다", "Sending your alert"),
    "sending_hint": ("닿을 때까지 계속 보냅니다", "It keeps trying until it gets through"),
    "assigned_by": ("{center} 관제센터로 전달 중", "On its way to {center} control center"),
    "received_by": ("{center} 관제센터가 접수했습니다", "Received by {center} control center"),
    "closed_by": ("{center} 관제센터가 종료했습니다", "Closed by {center} control center"),
    "reconnecting": ("다시 연결 중…", "Reconnecting…"),
    "connected": ("관제센터와 연결됨", "Connected"),
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
    "nickname": ("별명", "Nickname"),
    "phone": ("전화번호", "Phone number"),
    "pin_cancel": ("취소 PIN (숫자 4~8자리)", "Cancel PIN (4 to 8 digits)"),
    "pin_duress": ("협박용 PIN (선택)", "Duress PIN (optional)"),
    "pin_duress_hint": (
        "협박을 받을 때 누르세요. 화면은 취소된 것처럼 보이지만 신고는 이어집니다.",
        "For when you are forced: the screen looks cancelled, help still comes.",
    ),
    "pin_digits": ("PIN은 숫자 4~8자리입니다", "A PIN is 4 to 8 digits"),
    "pin_same": ("두 PIN은 서로 달라야 합니다", "The two PINs must differ"),
    "pin_saved": ("PIN을 바꿨습니다", "PINs saved"),
    "pin_save": ("PIN 저장", "Save PINs"),
    "fill_both": ("별명과 전화번호를 적어 주세요", "Fill in nickname and phone number"),
    "fill_guardian": ("이름과 전화번호를 적어 주세요", "Fill in name and phone number"),
    "code": ("문자로 받은 인증번호 6자리", "The six digits of the text message"),
    "code_sent": ("문자로 인증번호를 보냈습니다", "A code is on its way to your phone"),
    "please_wait": ("잠시만 기다려 주세요…", "One moment…"),
    "signed_up": ("가입했습니다", "You are signed up"),
    "name": ("이름", "Name"),
    "add_guardian": ("보호자 추가", "Add guardian"),
    "no_guardians": ("아직 보호자가 없습니다", "No guardians yet"),
    "invitation": ("초대 코드 {code}", "Invitation code {code}"),
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
    "panel": ("시뮬레이션", "Simulation"),
    "panel_hint": ("휴대폰 대신 컴퓨터가 흉내 냅니다", "The computer plays the device"),
    "play_shake": ("흔들기 재생  [S]", "Play a shake  [S]"),
    "walk_route": ("길 걷기  [W]", "Walk the route  [W]"),
    "offline_on": ("통신 끊기  [O]", "Go offline  [O]"),
    "offline_off": ("통신 잇기  [O]", "Go online  [O]"),
    "battery": ("배터리 {percent}%", "Battery {percent}%"),
    "vibrating": ("진동 중", "vibrating"),
    "vibration": ("진동 {count}회", "vibrated {count} times"),
}


def say(language: str, key: str, **facts: object) -> str:
    """The words for a key; KeyError for an unknown one, so a missing word is found by the tests."""
    return WORDS[key][1 if language == EN else 0].format(**facts)


def clock(iso: str) -> str:
    """Local wall time of an ISO 8601 moment, `22:41:07`; empty when there is none."""
    try:
        return datetime.fromisoformat(iso.replace("Z", "+00:00")).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""
