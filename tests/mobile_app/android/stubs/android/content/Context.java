package android.content;

import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;
import android.content.res.Resources;
import android.os.Handler;

import java.io.File;
import java.util.HashMap;
import java.util.Map;

import stub.World;

public class Context {
    public static final String NOTIFICATION_SERVICE = "notification";
    public static final String POWER_SERVICE = "power";
    public static final String VIBRATOR_SERVICE = "vibrator";

    private static final Map<String, String> MANAGERS = new HashMap<>();
    private static final Map<String, Object> made = new HashMap<>();
    private static final SharedPreferences preferences = new SharedPreferences();
    public static BroadcastReceiver receiver = null;

    static {
        MANAGERS.put("sensor", "android.hardware.SensorManager");
        MANAGERS.put("location", "android.location.LocationManager");
        MANAGERS.put("notification", "android.app.NotificationManager");
        MANAGERS.put("power", "android.os.PowerManager");
        MANAGERS.put("connectivity", "android.net.ConnectivityManager");
        MANAGERS.put("camera", "android.hardware.camera2.CameraManager");
        MANAGERS.put("audio", "android.media.AudioManager");
        MANAGERS.put("role", "android.app.role.RoleManager");
        MANAGERS.put("vibrator", "android.os.Vibrator");
    }

    public Object getSystemService(String name) {
        if (World.missing.contains(name) || !MANAGERS.containsKey(name)) {
            return null;
        }
        return made.computeIfAbsent(MANAGERS.get(name), kind -> {
            try {
                return Class.forName(kind).getConstructor().newInstance();
            } catch (ReflectiveOperationException error) {
                throw new IllegalStateException(error);
            }
        });
    }

    @SuppressWarnings("unchecked")
    public <T> T getSystemService(Class<T> kind) {
        for (Map.Entry<String, String> each : MANAGERS.entrySet()) {
            if (each.getValue().equals(kind.getName())) {
                return (T) getSystemService(each.getKey());
            }
        }
        return null;
    }

    public int checkSelfPermission(String name) {
        return World.permissions.contains(name) ? PackageManager.PERMISSION_GRANTED : -1;
    }

    public Context getApplicationContext() {
        return this;
    }

    public String getPackageName() {
        return "org.ansim.phone";
    }

    public PackageManager getPackageManager() {
        return new PackageManager();
    }

    public ApplicationInfo getApplicationInfo() {
        return new ApplicationInfo();
    }

    public ContentResolver getContentResolver() {
        return new ContentResolver();
    }

    public Resources getResources() {
        return new Resources();
    }

    public final String getString(int id) {
        return Resources.text(id);
    }

    public File getFilesDir() {
        return new File(String.valueOf(World.facts.get("files")));
    }

    public SharedPreferences getSharedPreferences(String name, int mode) {
        return preferences;
    }

    public void startActivity(Intent intent) {
        if (!(this instanceof android.app.Activity) && !intent.isNewTask()) {
            throw new RuntimeException("Calling startActivity() from outside of an Activity context requires NEW_TASK");
        }
        World.say("activity " + intent);
    }

    public ComponentName startService(Intent intent) {
        if (!World.is("in front", true)) {
            throw new IllegalStateException("Not allowed to start service: app is in background");
        }
        World.say("service " + intent + " " + intent.getStringExtra("org.ansim.phone.TOLD"));
        return intent.getComponent();
    }

    public ComponentName startForegroundService(Intent intent) {
        World.say("foreground service " + intent + " " + intent.getStringExtra("serviceEntrypoint"));
        return intent.getComponent();
    }

    public boolean stopService(Intent intent) {
        return true;
    }

    public Intent registerReceiver(BroadcastReceiver to, IntentFilter filter, String permission, Handler handler) {
        if (android.os.Build.VERSION.SDK_INT >= 34) {
            throw new SecurityException("One of RECEIVER_EXPORTED or RECEIVER_NOT_EXPORTED should be specified");
        }
        receiver = to;
        World.say("receiver " + filter.action);
        return null;
    }

    public Intent registerReceiver(
            BroadcastReceiver to, IntentFilter filter, String permission, Handler handler, int flags) {
        receiver = to;
        World.say("receiver " + filter.action + " " + flags);
        return null;
    }
}
