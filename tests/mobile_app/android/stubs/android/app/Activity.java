package android.app;

import android.content.Context;
import android.content.Intent;
import android.os.Bundle;
import android.view.Window;

import java.util.Arrays;

import stub.World;

public class Activity extends Context {
    private final Window window = new Window();
    private Intent intent = new Intent();

    protected void onCreate(Bundle saved) {}

    public void create(Intent by) {
        intent = by;
        onCreate(null);
    }

    public Intent getIntent() {
        return intent;
    }

    public void finish() {
        World.say("finish");
    }

    public Window getWindow() {
        return window;
    }

    public final void runOnUiThread(Runnable work) {
        Thread ui = new Thread(work, "ui");
        ui.setDaemon(true);
        ui.start();
    }

    public boolean shouldShowRequestPermissionRationale(String permission) {
        return World.is("may ask again", false);
    }

    public final void requestPermissions(String[] permissions, int code) {
        World.say("request " + Arrays.toString(permissions));
    }

    public void setTaskDescription(ActivityManager.TaskDescription description) {
        World.say("task " + description.label);
    }

    public void setRecentsScreenshotEnabled(boolean on) {
        World.say("recents " + on);
    }
}
