package org.ansim.phone;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.util.Log;

import java.io.File;

/**
 * After a restart of the phone (or an update of the app) the guard is there again, if the person had it on: the marker
 * file is written and removed by Python. The system gives such a service no location until the window was opened,
 * unless the person allows location all the time; shaking and text messages work.
 */
public class BootReceiver extends BroadcastReceiver {
    static final String MARKER = "phone/on_at_boot";

    @Override
    public void onReceive(Context context, Intent intent) {
        String action = intent.getAction();
        if (!Intent.ACTION_BOOT_COMPLETED.equals(action) && !Intent.ACTION_MY_PACKAGE_REPLACED.equals(action)) {
            return;
        }
        if (!new File(context.getFilesDir(), MARKER).exists()) {
            return;
        }
        try {
            context.startForegroundService(Start.intent(context));
        } catch (RuntimeException refused) {
            Log.w("guard", "not started after boot: " + refused.getClass().getName());
        }
    }
}
