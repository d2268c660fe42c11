package android.app;

public class NotificationChannel {
    final String id;
    final CharSequence name;
    final int importance;

    public NotificationChannel(String id, CharSequence name, int importance) {
        this.id = id;
        this.name = name;
        this.importance = importance;
    }

    public void setLightColor(int color) {}

    public void setLockscreenVisibility(int visibility) {}

    public void setShowBadge(boolean on) {}
}
