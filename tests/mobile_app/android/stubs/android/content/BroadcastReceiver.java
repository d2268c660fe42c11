package android.content;

public abstract class BroadcastReceiver {
    public int resultCode = 0;

    public abstract void onReceive(Context context, Intent intent);

    public final int getResultCode() {
        return resultCode;
    }
}
