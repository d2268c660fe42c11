"""Text messages in parts with the sender's result, the dialler and the message app. The last two send nothing by
themselves."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, callback, java_method

SENT_ACTION = "org.ansim.phone.SMS_SENT"
SENT_WAIT_S = 10.0
RESULT_OK = -1
FLAG_IMMUTABLE, FLAG_ONE_SHOT = 0x04000000, 0x40000000
RECEIVER_NOT_EXPORTED, RECEIVER_FLAGS_SINCE_API = 4, 33
FLAG_ACTIVITY_NEW_TASK = 0x10000000


class _Parts:
    """What became of the parts of the messages under way."""

    def __init__(self) -> None:
        self._left: dict[int, set[int]] = {}
        self._failed: set[int] = set()
        self._news = threading.Condition()

    def begin(self, message: int, count: int) -> None:
        with self._news:
            self._left[message] = set(range(count))

    def came(self, message: int, part: int, *, was_sent: bool) -> None:
        with self._news:
            if message in self._left:
                self._left[message].discard(part)
                if not was_sent:
                    self._failed.add(message)
                self._news.notify_all()

    def wait(self, message: int) -> bool:
        """True when the network took every part in time."""
        with self._news:
            self._news.wait_for(lambda: not self._left[message] or message in self._failed, SENT_WAIT_S)
            was_sent = not self._left.pop(message) and message not in self._failed
            self._failed.discard(message)
            return was_sent


class _Results(PythonJavaClass):  # type: ignore[misc]
    """python-for-android has a receiver, an abstract class, for an interface, which Python can be."""

    __javainterfaces__ = ["org/kivy/android/GenericBroadcastReceiverCallback"]
    __javacontext__ = "app"

    def __init__(self, parts: _Parts) -> None:
        super().__init__()
        self._parts = parts
        self.receiver = java.find("org.kivy.android.GenericBroadcastReceiver")(self)

    @java_method("(Landroid/content/Context;Landroid/content/Intent;)V")
    @callback
    def onReceive(self, _: Any, intent: Any) -> None:
        was_sent = self.receiver.getResultCode() == RESULT_OK
        self._parts.came(intent.getIntExtra("message", 0), intent.getIntExtra("part", 0), was_sent=was_sent)


class AndroidSms:
    def __init__(self) -> None:
        self._parts = _Parts()
        self._results = _Results(self._parts)
        self._intent, self._pending = java.find("android.content.Intent"), java.find("android.app.PendingIntent")
        self._filter, self._list = java.find("android.content.IntentFilter"), java.find("java.util.ArrayList")
        self._manager = java.find("android.telephony.SmsManager")
        self._numbers = itertools.count(1)
        self._turn = threading.Lock()
        self._is_registered = False

    def send(self, *, to: str, text: str) -> bool:
        if not java.has_permission("SEND_SMS"):
            return False
        with java.forbidden_is_fine():
            context, manager = java.context(), self._manager.getDefault()
            self._register(context)
            divided = manager.divideMessage(text)  # Korean is UCS-2: 70 characters each
            message = next(self._numbers)
            sent = self._list()
            for part in range(divided.size()):
                sent.add(self._result_of(context, message, part))
            self._parts.begin(message, divided.size())
            manager.sendMultipartTextMessage(to, None, divided, sent, None)
            return self._parts.wait(message)
        return False

    def _result_of(self, context: Any, message: int, part: int) -> Any:
        intent = self._intent(SENT_ACTION).setPackage(context.getPackageName())
        intent.putExtra("message", message)
        intent.putExtra("part", part)
        # the number makes it an intent of its own: extras don't
        return self._pending.getBroadcast(context, message * 100 + part, intent, FLAG_IMMUTABLE | FLAG_ONE_SHOT)

    def _register(self, context: Any) -> None:
        with self._turn:
            if self._is_registered:
                return
            arguments = [self._results.receiver, self._filter(SENT_ACTION), None, java.handler()]
            if java.api() >= RECEIVER_FLAGS_SINCE_API:
                arguments.append(RECEIVER_NOT_EXPORTED)
            context.registerReceiver(*arguments)
            self._is_registered = True


class AndroidDialer:
    def __init__(self) -> None:
        self._intent, self._uri = java.find("android.content.Intent"), java.find("android.net.Uri")

    def dial(self, number: str) -> bool:
        """From the guard it opens only while one of our windows is in front: Android 10 forbids the rest."""
        with java.forbidden_is_fine():
            intent = self._intent("android.intent.action.DIAL", self._uri.fromParts("tel", number, None))
            intent.addFlags(FLAG_ACTIVITY_NEW_TASK)
            java.context().startActivity(intent)
            return True
        return False


class AndroidMessages:
    def __init__(self) -> None:
        self._intent, self._uri = java.find("android.content.Intent"), java.find("android.net.Uri")

    def write(self, *, to: str, text: str) -> bool:
        with java.forbidden_is_fine():
            intent = self._intent("android.intent.action.SENDTO", self._uri.fromParts("smsto", to, None))
            intent.putExtra("sms_body", text)
            intent.addFlags(FLAG_ACTIVITY_NEW_TASK)
            java.context().startActivity(intent)
            return True
        return False
