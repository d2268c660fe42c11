package android.app;

import android.content.Context;
import android.content.Intent;
import android.content.pm.ServiceInfo;
import android.os.IBinder;

import stub.World;

public abstract class Service extends Context {
    public static final int START_STICKY = 1;
    public static final int START_NOT_STICKY = 2;

    public abstract IBinder onBind(Intent intent);

    public void onCreate() {}

    public void onDestroy() {}

    public void onTaskRemoved(Intent intent) {}

    public int onStartCommand(Intent intent, int flags, int startId) {
        return START_STICKY;
    }

    public final void stopSelf() {
        World.say("stopSelf");
    }

    /** As Android 10 and later: all types of the manifest. */
    public final void startForeground(int id, Notification notification) {
        startForeground(id, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION
                | ServiceInfo.FOREGROUND_SERVICE_TYPE_CAMERA | ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE);
    }

    /** As Android 14: a type whose permission is missing makes it throw. */
    public final void startForeground(int id, Notification notification, int types) {
        if (World.is("foreground refused", false)) {
            throw new IllegalStateException("ForegroundServiceStartNotAllowedException");
        }
        if (types == 0 && android.os.Build.VERSION.SDK_INT >= 34) {
            throw new IllegalStateException("MissingForegroundServiceTypeException");
        }
        int whileInUse = ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION
                | ServiceInfo.FOREGROUND_SERVICE_TYPE_CAMERA | ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE;
        if ((types & whileInUse) != 0 && World.is("never in front", false)) {
            throw new SecurityException("the app must be in the eligible state to start a while-in-use type");
        }
        if ((types & ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION) != 0 && !World.has("ACCESS_FINE_LOCATION")) {
            World.need("ACCESS_COARSE_LOCATION");
        }
        if ((types & ServiceInfo.FOREGROUND_SERVICE_TYPE_CAMERA) != 0) {
            World.need("CAMERA");
        }
        if ((types & ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE) != 0) {
            World.need("RECORD_AUDIO");
        }
        World.say("foreground " + id + " types=" + types + " " + notification);
    }
}
