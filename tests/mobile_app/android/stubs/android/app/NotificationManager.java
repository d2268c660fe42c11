package android.app;

import java.util.HashSet;
import java.util.Set;

import stub.World;

public class NotificationManager {
    public static final int IMPORTANCE_NONE = 0;
    public static final int IMPORTANCE_MIN = 1;
    public static final int IMPORTANCE_LOW = 2;
    public static final int IMPORTANCE_DEFAULT = 3;
    public static final int IMPORTANCE_HIGH = 4;

    private final Set<String> channels = new HashSet<>();

    public void createNotificationChannel(NotificationChannel channel) {
        if (channels.add(channel.id)) {
            World.say("channel " + channel.id + " " + channel.name + " " + channel.importance);
        }
    }

    public void notify(String tag, int id, Notification notification) {
        World.say("notify " + tag + " " + notification);
    }

    public void cancel(String tag, int id) {
        World.say("cancel " + tag);
    }

    public boolean areNotificationsEnabled() {
        return World.has("POST_NOTIFICATIONS");
    }

    public boolean canUseFullScreenIntent() {
        return World.is("full screen", false);
    }
}
