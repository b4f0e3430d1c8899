/*
 * beast echo|room PORT - a server on Boost.Beast, as its asynchronous examples have it: one thread
 */
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <set>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

struct message {
    beast::flat_buffer bytes;
    bool binary;
};

class session;
static std::set<session *> sessions;
static bool is_room;

class session : public std::enable_shared_from_this<session>
{
  public:
    explicit session(tcp::socket socket) : client(std::move(socket))
    {
        client.next_layer().set_option(tcp::no_delay(true));
        client.read_message_max(0);
        client.auto_fragment(false); // a message goes out as one frame
    }

    ~session()
    {
        sessions.erase(this);
    }

    void start()
    {
        client.async_accept([self = shared_from_this()](beast::error_code error) {
            if (error)
                return;
            sessions.insert(self.get());
            self->read();
        });
    }

    void queue(std::shared_ptr<message> what)
    {
        waiting.push_back(std::move(what));
        if (waiting.size() == 1)
            write();
    }

  private:
    void read()
    {
        auto what = std::make_shared<message>();
        client.async_read(what->bytes,
                          [self = shared_from_this(), what](beast::error_code error, std::size_t) {
                              if (error) {
                                  sessions.erase(self.get());
                                  return;
                              }
                              what->binary = self->client.got_binary();
                              if (!is_room)
                                  self->queue(what);
                              else
                                  for (session *other : sessions)
                                      other->queue(what);
                              self->read();
                          });
    }

    void write()
    {
        client.binary(waiting.front()->binary);
        client.async_write(waiting.front()->bytes.data(),
                           [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (error)
                                   return;
                               self->waiting.pop_front();
                               if (!self->waiting.empty())
                                   self->write();
                           });
    }

    beast::websocket::stream<tcp::socket> client;
    std::deque<std::shared_ptr<message>> waiting;
};

static void accept_next(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](beast::error_code error, tcp::socket socket) {
        if (!error)
            std::make_shared<session>(std::move(socket))->start();
        accept_next(acceptor);
    });
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    is_room = std::strcmp(argv[1], "room") == 0;
    asio::io_context context(1);
    tcp::acceptor acceptor(context);
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(
        {asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[2]))});
    acceptor.listen(4096);
    std::printf("listening\n");
    std::fflush(stdout);
    accept_next(acceptor);
    context.run();
}
