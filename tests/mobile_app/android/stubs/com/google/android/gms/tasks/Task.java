package com.google.android.gms.tasks;

public class Task<T> {
    private final T result;

    public Task(T result) {
        this.result = result;
    }

    public boolean isSuccessful() {
        return result != null;
    }

    public T getResult() {
        return result;
    }

    public Task<T> addOnCompleteListener(OnCompleteListener<T> to) {
        Thread thread = new Thread(() -> to.onComplete(this));
        thread.start();
        return this;
    }
}
