package org.ansim.phone;

import android.content.Context;
import android.content.Intent;

import java.lang.reflect.InvocationTargetException;

/** The intent that starts Python's guard: made by the class that python-for-android generates after this one. */
public class Start {
    public static Intent intent(Context context) {
        try {
            Class<?> service = Class.forName(context.getPackageName() + ".ServiceGuard");
            return (Intent) service
                    .getMethod("getDefaultIntent", Context.class, String.class, String.class, String.class, String.class)
                    .invoke(null, context, "", "", "", "");
        } catch (ClassNotFoundException | NoSuchMethodException | IllegalAccessException
                | InvocationTargetException missing) {
            throw new IllegalStateException("the build has no service named Guard", missing);
        }
    }

    /** From the visible window, or after boot: the guard runs from now on. */
    public static void guard(Context context) {
        context.startForegroundService(intent(context));
    }
}
