package android.telephony;

import android.app.PendingIntent;
import android.content.Context;

import java.util.ArrayList;

import stub.World;

public class SmsManager {
    public static SmsManager getDefault() {
        return new SmsManager();
    }

    /** As for Korean: 67 characters in each part of several. */
    public ArrayList<String> divideMessage(String text) {
        ArrayList<String> parts = new ArrayList<>();
        for (int at = 0; at < text.length(); at += 67) {
            parts.add(text.substring(at, Math.min(text.length(), at + 67)));
        }
        return parts;
    }

    public void sendMultipartTextMessage(
            String to, String center, ArrayList<String> parts, ArrayList<PendingIntent> sent,
            ArrayList<PendingIntent> delivered) {
        World.need("SEND_SMS");
        World.say("sms " + to + " " + parts.size() + " parts " + String.join("", parts));
        Thread network = new Thread(() -> {
            for (PendingIntent each : sent) {
                Context.receiver.resultCode = World.number("sms result", -1);
                Context.receiver.onReceive(null, each.intent);
            }
        });
        if (!World.is("sms silent", false)) {
            network.start();
        }
    }
}
