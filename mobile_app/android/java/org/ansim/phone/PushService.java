package org.ansim.phone;

import android.app.NotificationManager;
import android.content.Context;
import android.util.Log;

import com.google.firebase.messaging.FirebaseMessagingService;
import com.google.firebase.messaging.RemoteMessage;

import org.json.JSONObject;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Data messages of the home center. To a guardian's phone, where Python need not run: this shows the notification
 * itself (over the lock screen where that is allowed). To her own phone (her walk asks, a guardian asks): the guard is
 * started where it does not run, and Python says what may be said, since only it knows whether this phone is covert.
 * Every payload is left for Python in `push/`: ids and a link, never a name or a place.
 */
public class PushService extends FirebaseMessagingService {
    static final String FOLDER = "phone/push";
    private static final int KEPT = 50;

    @Override
    public void onMessageReceived(RemoteMessage message) {
        Map<String, String> data = message.getData();
        if (data.isEmpty()) {
            return;
        }
        String kind = data.get("kind");
        if ("sos".equals(kind)) { // the notification first: a full disk must not silence it
            String about = String.valueOf(data.get("alert_id"));
            NotificationManager manager = getSystemService(NotificationManager.class);
            manager.notify("push", about.hashCode(), Notices.build(this, Notices.MESSAGE,
                    words("push_title"), words("push_text"), true,
                    Notices.follow(this, data.get("link"), about.hashCode())));
        }
        long now = System.currentTimeMillis();
        keep(this, now + "-" + Integer.toHexString(data.hashCode()) + ".json",
                new JSONObject(data).toString());
        if (!"sos".equals(kind)) {
            wake();
        }
    }

    /** A message of high priority may start a foreground service from the background. */
    private void wake() {
        if (!new File(getFilesDir(), BootReceiver.MARKER).exists()) {
            return;
        }
        try {
            startForegroundService(Start.intent(this));
        } catch (RuntimeException refused) {
            Log.w("push", "guard not started: " + refused.getClass().getName());
        }
    }

    @Override
    public void onNewToken(String token) {
        keep(this, "token", token);
    }

    private String words(String name) {
        int id = getResources().getIdentifier(name, "string", getPackageName());
        return id == 0 ? "" : getString(id);
    }

    /** Whole or not at all; only the newest stay. */
    static void keep(Context context, String name, String text) {
        File folder = new File(context.getFilesDir(), FOLDER);
        folder.mkdirs();
        File part = new File(folder, "." + name + ".part");
        try (FileOutputStream file = new FileOutputStream(part);
                OutputStreamWriter writer = new OutputStreamWriter(file, StandardCharsets.UTF_8)) {
            writer.write(text);
            writer.flush();
            file.getFD().sync();
        } catch (IOException full) {
            Log.w("push", "not kept: " + full.getClass().getName());
            return;
        }
        if (!part.renameTo(new File(folder, name))) {
            Log.w("push", "not kept");
        }
        File[] kept = folder.listFiles((in, each) -> each.endsWith(".json"));
        if (kept != null && kept.length > KEPT) {
            Arrays.sort(kept); // names begin with the time
            for (int i = 0; i < kept.length - KEPT; i++) {
                kept[i].delete();
            }
        }
    }
}
