namespace Grpc.Core.Interceptors;

/// <summary>The call that a client interceptor sees.</summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
public readonly struct ClientInterceptorContext<TRequest, TResponse> : IEquatable<ClientInterceptorContext<TRequest, TResponse>>
    where TRequest : class
    where TResponse : class
{
    /// <summary>Makes a context.</summary>
    public ClientInterceptorContext(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Method = method;
        Host = host;
        Options = options;
    }

    /// <summary>The method.</summary>
    public Method<TRequest, TResponse> Method { get; }

    /// <summary>The host, or null for the channel's own.</summary>
    public string? Host { get; }

    /// <summary>The options of the call.</summary>
    public CallOptions Options { get; }

    public static bool operator ==(ClientInterceptorContext<TRequest, TResponse> left, ClientInterceptorContext<TRequest, TResponse> right) =>
        left.Equals(right);

    public static bool operator !=(ClientInterceptorContext<TRequest, TResponse> left, ClientInterceptorContext<TRequest, TResponse> right) =>
        !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(ClientInterceptorContext<TRequest, TResponse> other) =>
        ReferenceEquals(Method, other.Method) && string.Equals(Host, other.Host, StringComparison.Ordinal) && Options == other.Options;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ClientInterceptorContext<TRequest, TResponse> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Method, Host, Options);
}
