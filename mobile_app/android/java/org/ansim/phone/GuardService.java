package org.ansim.phone;

import android.Manifest;
import android.app.Notification;
import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.content.pm.ServiceInfo;
import android.os.Build;
import android.os.Bundle;
import android.util.Log;

import org.kivy.android.PythonService;

/**
 * The foreground service that python-for-android's ServiceGuard extends: its own neutral notification from the first
 * moment, and only those foreground types whose permission is there (one missing permission makes startForeground
 * throw for all of them). What it is told while it runs goes on to Python.
 */
public class GuardService extends PythonService {
    /** Python hears of a help key and of permissions that changed. Called on the main thread. */
    public interface Listener {
        void told(String what);
    }

    public static final String KEY = "key";
    public static final String PERMISSIONS = "permissions";
    private static final String TAG = "guard";
    private static final String TOLD = "org.ansim.phone.TOLD";

    private static Listener listener = null;
    private static String unheard = null;

    private Notification shown = null;
    private int had = 0;

    /** The class that python-for-android makes for `services = Guard:…` of buildozer.spec. */
    static Intent intent(Context context) {
        return new Intent().setComponent(new ComponentName(context.getPackageName(),
                context.getPackageName() + ".ServiceGuard"));
    }

    /** From any process of this app: the service hears `what`; one that was not there is started by it. */
    public static void tell(Context context, String what) {
        try {
            context.startService(intent(context).putExtra(TOLD, what));
        } catch (IllegalStateException refused) {
            Log.w(TAG, "not in front, not told: " + what);
        }
    }

    /** What was told before Python listened is told now. */
    public static synchronized void listen(Listener to) {
        listener = to;
        if (to != null && unheard != null) {
            to.told(unheard);
            unheard = null;
        }
    }

    private static synchronized void hand(String what) {
        if (listener != null) {
            listener.told(what);
        } else {
            unheard = what;
        }
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int startId) {
        String told = intent == null ? null : intent.getStringExtra(TOLD);
        boolean ran = shown != null;
        // A key may wake a service that was not there: then it must start like any other.
        int type = super.onStartCommand(
                told == null ? intent : getThisDefaultIntent(getApplicationContext(), ""), flags, startId);
        if (ran) { // the window is in front now, or a permission has come: more types may be had
            show(shown);
        }
        if (told != null) {
            hand(told);
        }
        return type;
    }

    @Override
    protected void doStartForeground(Bundle extras) {
        show(Notices.neutral(this));
    }

    /**
     * Show this as the service's own notification; false when the system refuses a foreground service now. After a boot
     * or a restart Android refuses types that need a visible window: then what there was, then the bare service.
     */
    public boolean show(Notification notification) {
        shown = notification;
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) {
            startForeground(getServiceId(), notification);
            return true;
        }
        boolean isTyped = Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE;
        int bare = isTyped ? ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE : 0;
        for (int types : new int[] {types(this), had, bare}) {
            try {
                startForeground(getServiceId(), notification, types);
                had = types;
                return true;
            } catch (RuntimeException refused) { // not from the background, or a permission gone in between
                Log.w(TAG, "types " + types + ": " + refused.getClass().getName());
            }
        }
        return false;
    }

    /** Foreground types whose permission this app has at this moment. */
    static int types(Context context) {
        int types = 0;
        if (has(context, Manifest.permission.ACCESS_FINE_LOCATION)
                || has(context, Manifest.permission.ACCESS_COARSE_LOCATION)) {
            types |= ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION;
        }
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            if (has(context, Manifest.permission.RECORD_AUDIO)) {
                types |= ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE;
            }
            if (has(context, Manifest.permission.CAMERA)) {
                types |= ServiceInfo.FOREGROUND_SERVICE_TYPE_CAMERA;
            }
        }
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
            types |= ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE;
        }
        return types;
    }

    private static boolean has(Context context, String permission) {
        return context.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED;
    }
}
