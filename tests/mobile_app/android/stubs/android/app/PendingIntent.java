package android.app;

import android.content.Context;
import android.content.Intent;

public class PendingIntent {
    public static final int FLAG_IMMUTABLE = 0x04000000;
    public static final int FLAG_UPDATE_CURRENT = 0x08000000;
    public static final int FLAG_MUTABLE = 0x02000000;

    public final String kind;
    public final int number;
    public final Intent intent;

    private PendingIntent(String kind, int number, Intent intent, int flags) {
        if ((flags & (FLAG_IMMUTABLE | FLAG_MUTABLE)) == 0) {
            throw new IllegalArgumentException("S+ requires FLAG_IMMUTABLE or FLAG_MUTABLE");
        }
        this.kind = kind;
        this.number = number;
        this.intent = intent;
    }

    public static PendingIntent getActivity(Context context, int number, Intent intent, int flags) {
        return new PendingIntent("activity", number, intent, flags);
    }

    public static PendingIntent getBroadcast(Context context, int number, Intent intent, int flags) {
        return new PendingIntent("broadcast", number, intent, flags);
    }
}
