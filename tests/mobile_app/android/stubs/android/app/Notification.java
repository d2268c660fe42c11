package android.app;

import android.content.Context;

public class Notification {
    public static final int VISIBILITY_PRIVATE = 0;
    public static final int VISIBILITY_SECRET = -1;
    public static final String CATEGORY_ALARM = "alarm";

    String text = "";

    public Notification() {}

    public Notification(int icon, CharSequence title, long when) {}

    @Override
    public String toString() {
        return text;
    }

    public static class Builder {
        private final StringBuilder said = new StringBuilder();

        public Builder(Context context, String channel) {
            said.append(channel);
        }

        private Builder say(String what, Object value) {
            said.append(" ").append(what).append("=").append(value);
            return this;
        }

        public Builder setSmallIcon(int id) {
            return say("icon", id > 0);
        }

        public Builder setContentTitle(CharSequence title) {
            return say("title", title);
        }

        public Builder setContentText(CharSequence text) {
            return say("text", text);
        }

        public Builder setContentIntent(PendingIntent intent) {
            return say("opens", intent.intent);
        }

        public Builder setOngoing(boolean on) {
            return say("ongoing", on);
        }

        public Builder setAutoCancel(boolean on) {
            return this;
        }

        public Builder setOnlyAlertOnce(boolean on) {
            return this;
        }

        public Builder setVisibility(int visibility) {
            return say("visibility", visibility);
        }

        public Builder setCategory(String category) {
            return say("category", category);
        }

        public Builder setFullScreenIntent(PendingIntent intent, boolean high) {
            return say("full_screen", high);
        }

        public Notification build() {
            Notification made = new Notification();
            made.text = said.toString();
            return made;
        }
    }
}
