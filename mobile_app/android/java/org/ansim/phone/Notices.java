package org.ansim.phone;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.content.Context;
import android.content.Intent;
import android.net.Uri;

import org.kivy.android.PythonActivity;

/** Channels and the notifications that must be made where no Python runs. Nothing here names Ansim. */
public class Notices {
    public static final String GUARD = "guard";
    public static final String ALERT = "alert";
    public static final String NEUTRAL = "neutral";
    public static final String WALK = "walk";
    public static final String MESSAGE = "message";
    public static final String WARNING = "warning";
    private static final String[] KINDS = {GUARD, ALERT, NEUTRAL, WALK, MESSAGE, WARNING};
    private static final int[] IMPORTANCE = {
        NotificationManager.IMPORTANCE_LOW, NotificationManager.IMPORTANCE_HIGH, NotificationManager.IMPORTANCE_MIN,
        NotificationManager.IMPORTANCE_DEFAULT, NotificationManager.IMPORTANCE_HIGH,
        NotificationManager.IMPORTANCE_HIGH,
    };

    /** All channels; making one again only renames it, so this follows the phone's language. */
    public static void makeChannels(Context context) {
        NotificationManager manager = context.getSystemService(NotificationManager.class);
        for (int i = 0; i < KINDS.length; i++) {
            NotificationChannel channel = new NotificationChannel(KINDS[i], words(context, KINDS[i]), IMPORTANCE[i]);
            channel.setLockscreenVisibility(
                    NEUTRAL.equals(KINDS[i]) ? Notification.VISIBILITY_SECRET : Notification.VISIBILITY_PRIVATE);
            channel.setShowBadge(i >= 3);
            manager.createNotificationChannel(channel);
        }
    }

    /** `channel_…` of res/values/notices.xml. */
    static String words(Context context, String kind) {
        int id = context.getResources().getIdentifier("channel_" + kind, "string", context.getPackageName());
        return id == 0 ? kind : context.getString(id);
    }

    static int icon(Context context) {
        int id = context.getResources().getIdentifier("ic_notice", "drawable", context.getPackageName());
        return id == 0 ? context.getApplicationInfo().icon : id;
    }

    /** What the service shows before Python says more, and whenever nothing may be said. */
    static Notification neutral(Context context) {
        return build(context, NEUTRAL, words(context, NEUTRAL), "", false, open(context));
    }

    /** `urgent`: over the lock screen where the person allows it. */
    public static Notification build(
            Context context, String kind, String title, String text, boolean urgent, PendingIntent opens) {
        makeChannels(context);
        boolean ongoing = GUARD.equals(kind) || ALERT.equals(kind) || NEUTRAL.equals(kind);
        Notification.Builder builder = new Notification.Builder(context, kind)
                .setSmallIcon(icon(context))
                .setContentTitle(title.isEmpty() ? words(context, NEUTRAL) : title)
                .setContentText(text)
                .setContentIntent(opens)
                .setOngoing(ongoing)
                .setAutoCancel(!ongoing)
                .setOnlyAlertOnce(!urgent)
                .setVisibility(
                        NEUTRAL.equals(kind) ? Notification.VISIBILITY_SECRET : Notification.VISIBILITY_PRIVATE);
        if (urgent && !NEUTRAL.equals(kind)) {
            builder.setCategory(Notification.CATEGORY_ALARM).setFullScreenIntent(opens, true);
        }
        return builder.build();
    }

    /** Opens the window. */
    public static PendingIntent open(Context context) {
        Intent intent = new Intent(context, PythonActivity.class)
                .addFlags(Intent.FLAG_ACTIVITY_NEW_TASK | Intent.FLAG_ACTIVITY_SINGLE_TOP);
        return PendingIntent.getActivity(
                context, 0, intent, PendingIntent.FLAG_IMMUTABLE | PendingIntent.FLAG_UPDATE_CURRENT);
    }

    /** Opens a page of the home center in the browser; the window when it is no https address. */
    static PendingIntent follow(Context context, String link, int number) {
        if (link == null || !link.startsWith("https://")) {
            return open(context);
        }
        Intent intent = new Intent(Intent.ACTION_VIEW, Uri.parse(link)).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK);
        return PendingIntent.getActivity(
                context, number, intent, PendingIntent.FLAG_IMMUTABLE | PendingIntent.FLAG_UPDATE_CURRENT);
    }
}
