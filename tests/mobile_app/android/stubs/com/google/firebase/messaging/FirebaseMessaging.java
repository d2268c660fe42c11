package com.google.firebase.messaging;

import com.google.android.gms.tasks.Task;
import com.google.firebase.FirebaseApp;

public class FirebaseMessaging {
    public static FirebaseMessaging getInstance() {
        if (!FirebaseApp.isThere()) {
            throw new IllegalStateException("Default FirebaseApp is not initialized in this process");
        }
        return new FirebaseMessaging();
    }

    public Task<String> getToken() {
        return new Task<>("token-2");
    }
}
