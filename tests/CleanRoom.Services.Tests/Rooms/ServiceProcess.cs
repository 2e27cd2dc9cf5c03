using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Services.Tests.Rooms;

/// <summary>A service as a process of its own, to be killed.</summary>
internal sealed class ServiceProcess
{
    private readonly Process _process;
    private readonly Output _errors;

    private ServiceProcess(Process process, Output errors, Uri address, KeyId pin)
    {
        _process = process;
        _errors = errors;
        Address = address;
        Pin = pin;
    }

    public Uri Address { get; }

    public KeyId Pin { get; }

    public static async Task<ServiceProcess> StartAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, name + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The service did not start.");
        var errors = new Output();
        process.ErrorDataReceived += (_, line) => errors.Add(line.Data);
        process.BeginErrorReadLine();
        if (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is not { } line)
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            throw new InvalidOperationException($"The service did not start: {errors}");
        }

        // "Listening on ADDRESS key KEY"
        var words = line.Split(' ');
        return new ServiceProcess(process, errors, new Uri(words[2]), KeyId.Parse(words[4]));
    }

    /// <summary>Waits until it has logged a text so many times; false if it did not in time.</summary>
    public async Task<bool> LogsAsync(string text, int times, TimeSpan patience)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < patience && !_process.HasExited;)
        {
            if (_errors.Count(text) >= times)
            {
                return true;
            }

            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        return false;
    }

    /// <summary>What it has logged.</summary>
    public string Errors => _errors.ToString();

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private sealed class Output
    {
        private readonly List<string> _lines = [];

        public void Add(string? line)
        {
            lock (_lines)
            {
                _lines.Add(line ?? "");
            }
        }

        public int Count(string text)
        {
            lock (_lines)
            {
                return _lines.Count(line => line.Contains(text, StringComparison.Ordinal));
            }
        }

        public override string ToString()
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }
}

/// <summary>Numbers that a seed decides, the same on every machine.</summary>
internal sealed class Lot(string seed)
{
    private int _drawn;

    public int Next(int least, int end)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {_drawn++}"));
        return least + (BitConverter.ToUInt16(hash) % (end - least));
    }
}
