import { texts } from "../lang";

const ko = {
  title: "안심 로그인", lead: "관제센터와 출동 기관 담당자만 들어갈 수 있습니다. 접속은 기록됩니다.",
  login: "아이디", password: "비밀번호", submit: "로그인", busy: "확인하는 중…", otherLanguage: "English",
  empty: "아이디와 비밀번호를 모두 입력하세요.",
  errors: {
    wrong_login: "아이디 또는 비밀번호가 맞지 않습니다.",
    address_not_registered: "등록되지 않은 주소에서 접속했습니다. 관리자에게 이 자리의 주소 등록을 요청하세요.",
  } as Record<string, string>,
};
const en: typeof ko = {
  title: "Log in to Ansim", lead: "Only for staff of the control center and of linked agencies. Access is recorded.",
  login: "Login", password: "Password", submit: "Log in", busy: "Checking…", otherLanguage: "한국어",
  empty: "Enter both your login and your password.",
  errors: {
    wrong_login: "The login or the password is wrong.",
    address_not_registered: "This address is not registered. Ask your administrator to register this seat.",
  },
};
export const t = texts(ko, en);
