"""Roles and permissions in words, Korean and English; pure."""

from __future__ import annotations

from server.staff.permissions import Permission, Role

ROLES: dict[Role, tuple[str, str]] = {
    "operator": ("관제 요원", "Operator"),
    "supervisor": ("조장", "Shift leader"),
    "admin": ("관리자", "Administrator"),
    "agent": ("기관 담당자", "Agency staff"),
    "association": ("협회 관리자", "Association's administrator"),
    "privacy": ("개인정보 보호책임자", "Privacy officer"),
    "auditor": ("감사자", "Auditor"),
    "traffic": ("교통센터", "Traffic center"),
    "cyber": ("사이버대응센터", "Cyber-response center"),
}
WORDS: dict[Permission, tuple[str, str]] = {
    "incidents.read": ("신고 목록과 사건 보기", "See the queue and incidents"),
    "incidents.work": ("사건 받기, 확인, 분류, 종료", "Take, verify, classify and close incidents"),
    "incidents.supervise": ("넘겨받기, 훈련 열기, 대신 종료", "Take over, open exercises, close for others"),
    "dispatch.request": ("112·119·기관에 출동 요청", "Ask 112, 119 and agencies for help"),
    "dispatch.answer": ("출동 요청에 답하기", "Answer requests for help"),
    "video.view": ("사건의 CCTV 영상 보기", "See CCTV pictures of an incident"),
    "evidence.export": ("영상 증거를 봉인해 내보내기", "Take out recordings as sealed evidence"),
    "cameras.move": ("사건 중 카메라 돌리기", "Turn cameras during an incident"),
    "talk": ("신고자와 대화·통화", "Write to and call the person"),
    "identity.unmask": ("신고자의 이름·번호 보기", "See a person's name and number"),
    "closed.search": ("종료 사건 찾기", "Search closed incidents"),
    "traffic.read": ("교통 정보 보기", "See traffic information"),
    "traffic.priority": ("출동 차량의 신호 우선 요청", "Ask for green lights for a unit"),
    "operation.read": ("운영 상태 보기", "See how the installation fares"),
    "log.read": ("제공 기록과 이력 보기", "Read releases and events"),
    "log.export": ("제공 기록과 이력 내보내기", "Export releases and events"),
    "kpi.read": ("성과 지표 보기", "See the measures"),
    "misuse.review": ("오남용 의심과 비상 열람 심사", "Review misuse findings and break-glass"),
    "breakglass.request": ("다른 센터 사건의 비상 열람 요청", "Ask for break-glass at another center"),
    "breakglass.approve": ("비상 열람 승인", "Approve break-glass"),
    "quarantine.read": ("읽지 못한 메시지 보기", "See messages that could not be read"),
    "accounts.manage": ("계정·역할·접속 주소 관리", "Manage accounts, roles and addresses"),
    "accounts.release": ("잠긴 로그인 풀기", "Release held logins"),
    "agreements.manage": ("기관과 협약 관리", "Manage agencies and agreements"),
    "retention.manage": ("보존 기간 정하기", "Set retention periods"),
    "holds.manage": ("법적 보존 관리", "Manage legal holds"),
    "flags.manage": ("기능 켜고 끄기", "Switch functions on and off"),
    "cameras.manage": ("카메라 등록과 상태 관리", "Manage cameras and their health"),
    "scouts.dispatch": ("안심귀가 스카우트 배치", "Dispatch scouts who walk people home"),
    "firms.manage": ("소속 업체와 그 계정 관리", "Manage an association's firms and their accounts"),
    "scouts.offer": ("스카우트 운영 시간과 구역 정하기", "Set the scouts' hours and area"),
}
"""What each permission lets one do, in the order of `Permission`."""
