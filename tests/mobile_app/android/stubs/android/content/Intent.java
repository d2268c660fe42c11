package android.content;

import android.net.Uri;
import android.os.Bundle;

public class Intent {
    public static final String ACTION_VIEW = "android.intent.action.VIEW";
    public static final String ACTION_ASSIST = "android.intent.action.ASSIST";
    public static final String ACTION_BOOT_COMPLETED = "android.intent.action.BOOT_COMPLETED";
    public static final String ACTION_MY_PACKAGE_REPLACED = "android.intent.action.MY_PACKAGE_REPLACED";
    public static final int FLAG_ACTIVITY_NEW_TASK = 0x10000000;
    public static final int FLAG_ACTIVITY_SINGLE_TOP = 0x20000000;

    private final Bundle extras = new Bundle();
    private String action;
    private Uri data;
    private ComponentName component;
    private String in;
    private int flags = 0;

    public Intent() {}

    public Intent(String action) {
        this.action = action;
    }

    public Intent(String action, Uri data) {
        this.action = action;
        this.data = data;
    }

    public Intent(Context context, Class<?> of) {
        component = new ComponentName(context.getPackageName(), of.getName());
    }

    public Intent setComponent(ComponentName name) {
        component = name;
        return this;
    }

    public Intent setPackage(String name) {
        in = name;
        return this;
    }

    public Intent setData(Uri uri) {
        data = uri;
        return this;
    }

    public Intent addFlags(int more) {
        flags |= more;
        return this;
    }

    public Intent putExtra(String key, String value) {
        extras.put(key, value);
        return this;
    }

    public Intent putExtra(String key, int value) {
        extras.put(key, value);
        return this;
    }

    public String getAction() {
        return action;
    }

    public ComponentName getComponent() {
        return component;
    }

    public String getPackage() {
        return in;
    }

    public Bundle getExtras() {
        return extras;
    }

    public String getStringExtra(String key) {
        Object found = extras.get(key);
        return found instanceof String ? (String) found : null;
    }

    public int getIntExtra(String key, int otherwise) {
        Object found = extras.get(key);
        return found instanceof Integer ? (Integer) found : otherwise;
    }

    public boolean isNewTask() {
        return (flags & FLAG_ACTIVITY_NEW_TASK) != 0;
    }

    @Override
    public String toString() {
        return (action == null ? "" : action) + (data == null ? "" : " " + data)
                + (component == null ? "" : " " + component.getClassName());
    }
}
